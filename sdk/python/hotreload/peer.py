"""One side of the worker protocol: JSON-RPC 2.0 over a stream socket, one message per line, both
sides peers.

The socket is read from the asyncio loop and written to at once: the host always reads, so a write
never waits for long.
"""

import asyncio
import json
import socket
import threading

MESSAGE_BYTES_MAX = 16 << 20  # newline included
MESSAGE_DEPTH_MAX = 64  # objects and arrays within each other, the message the first
CALLS_IN_FLIGHT_MAX = 1024
READ_BYTES = 1 << 16

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
UNKNOWN_METHOD = -32601
BAD_PARAMS = -32602
INTERNAL_ERROR = -32603
PLUGIN_ERROR = -32000
DEADLINE = -32001
CANCELLED = -32002
NOT_PERMITTED = -32003
BUSY = -32004
DISCONNECTED = -32099  # never on the wire: the conversation ended before the reply



def _no_json(value):
    if isinstance(value, Call):
        value.refuse_use()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_no_json
).encode


def _deeper_than(levels, value):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    return levels == 0 or any(_deeper_than(levels - 1, item) for item in value)


class RpcError(Exception):
    """An error reply, from the other side or for it."""

    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def reply(self):
        error = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return error


class Refusal(RpcError):
    """Raised by an adapter for a request that makes no sense to it: sent as it is, not as the
    plugin's failure.
    """


class Call:
    """A request under way. `await` it in a coroutine; a plain function takes the answer with
    `wait()`. Used as if it were the answer itself, it says what is missing.
    """

    def __init__(self, peer, future, method, convert=None):
        self._peer = peer
        self._future = future
        self._method = method
        self._convert = convert
        self.taken = False  # somebody has asked for the answer

    def __await__(self):
        self.taken = True
        result = yield from self._future.__await__()
        return self._convert(result) if self._convert else result

    def wait(self):
        self.taken = True
        while not self._future.done():
            self._peer.read_blocking()
        result = self._future.result()
        return self._convert(result) if self._convert else result

    def then(self, convert):
        """The same request, with `convert` applied to its result."""
        previous = self._convert
        chained = convert if previous is None else lambda result: convert(previous(result))
        return Call(self._peer, self._future, self._method, chained)

    def refuse_use(self, *_):
        raise TypeError(self._not_there_yet())

    def __getattr__(self, name):
        raise AttributeError(name if name.startswith("__") else self._not_there_yet())

    def _not_there_yet(self):
        return (
            f"the answer of {self._method} is used before it is there: write `await` before the "
            "call, in a plain function (`def`) `.wait()` behind it"
        )

    __hash__ = object.__hash__
    __bool__ = __str__ = __format__ = __int__ = __float__ = __index__ = refuse_use
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = refuse_use
    __len__ = __iter__ = __contains__ = __getitem__ = __setitem__ = refuse_use
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = refuse_use
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = refuse_use
    __or__ = __ror__ = __and__ = __rand__ = __neg__ = refuse_use


class Peer:
    """Owns the socket. `serve(method, params)` is a coroutine function that answers the other
    side's requests.
    """

    def __init__(self, sock, loop, serve):
        self.ended = loop.create_future()  # completes with why the conversation ended
        self.loop = loop
        self._sock = sock
        self._serve = serve
        self._thread = threading.get_ident()
        self._write_lock = threading.Lock()  # logging may come from any thread
        self._buffer = bytearray()
        self._searched = 0
        self._calls = {}
        self._next_id = 1
        self.serving = {}
        loop.add_reader(sock.fileno(), self._readable)

    # --- our requests -----------------------------------------------------------------------------

    def call(self, method, params):
        if threading.get_ident() != self._thread:
            raise RuntimeError(
                f"{method}: the host can be called from the plugin's main thread only"
            )
        if len(self._calls) >= CALLS_IN_FLIGHT_MAX:
            raise RpcError(BUSY, f"{method}: {CALLS_IN_FLIGHT_MAX} requests are in flight already")
        if self.ended.done():
            raise RpcError(DISCONNECTED, f"{method}: {self.ended.result()}")
        call_id, self._next_id = self._next_id, self._next_id + 1
        line = self._line({"jsonrpc": "2.0", "id": call_id, "method": method, "params": params})
        future = self.loop.create_future()
        self._calls[call_id] = future
        self._write(line)
        return Call(self, future, method)

    def notify(self, method, params):
        self._write(self._line({"jsonrpc": "2.0", "method": method, "params": params}))

    # --- reading ----------------------------------------------------------------------------------

    def _readable(self):
        try:
            data = self._sock.recv(READ_BYTES, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            return self.end(str(error))
        self._feed(data)

    def read_blocking(self):
        """Reads once, for a plain function that waits for a reply while the loop stands still."""
        if self.ended.done():
            raise RpcError(DISCONNECTED, self.ended.result())
        try:
            data = self._sock.recv(READ_BYTES)
        except OSError as error:
            return self.end(str(error))
        self._feed(data)

    def _feed(self, data):
        if not data:
            return self.end("end of file")
        self._buffer += data
        while not self.ended.done():
            newline = self._buffer.find(b"\n", self._searched)
            if max(newline + 1, len(self._buffer) if newline < 0 else 0) > MESSAGE_BYTES_MAX:
                return self.end(f"message over {MESSAGE_BYTES_MAX} bytes")
            if newline < 0:
                self._searched = len(self._buffer)
                return None
            line = bytes(self._buffer[:newline])
            del self._buffer[: newline + 1]
            self._searched = 0
            self._message(line)
        return None

    def _message(self, line):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            return self.end(f"not a JSON line: {error}")
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            return self.end("not a JSON-RPC 2.0 object")
        if "method" in message:
            return self._incoming(message)
        if "id" in message and ("result" in message) != ("error" in message):
            return self._answered(message)
        return self.end("neither request, notification nor reply")

    def _incoming(self, message):
        method, params, call_id = message["method"], message.get("params", {}), message.get("id")
        if not isinstance(method, str) or ("id" in message and (type(call_id) is not int)):
            return self.end("a method is a string and an id an integer")
        if "id" not in message:
            return self._notified(method, params)
        if not isinstance(params, dict):
            return self._reply(
                call_id, error=RpcError(BAD_PARAMS, f"{method}: params must be an object")
            )
        if call_id in self.serving:
            return self._reply(
                call_id, error=RpcError(INVALID_REQUEST, f"id {call_id} is in use already")
            )
        if len(self.serving) >= CALLS_IN_FLIGHT_MAX:
            return self._reply(
                call_id, error=RpcError(BUSY, f"{CALLS_IN_FLIGHT_MAX} requests are in flight")
            )
        self.serving[call_id] = self.loop.create_task(self._answer(call_id, method, params))
        return None

    def _notified(self, method, params):
        if method == "cancel" and isinstance(params, dict):
            task = self.serving.get(params.get("id"))
            if task is not None:
                task.cancel()

    def _answered(self, message):
        future = self._calls.pop(message["id"], None) if type(message["id"]) is int else None
        if future is None or future.done():
            return
        if "result" in message:
            return future.set_result(message["result"])
        error = message["error"] if isinstance(message["error"], dict) else {}
        code, text = error.get("code", INTERNAL_ERROR), error.get(
            "message", "error without a message"
        )
        future.set_exception(RpcError(code, text, error.get("data")))

    # --- answering --------------------------------------------------------------------------------

    async def _answer(self, call_id, method, params):
        try:
            result = await self._serve(method, params)
        except asyncio.CancelledError:
            self._reply(call_id, error=RpcError(CANCELLED, f"{method} was cancelled"))
        except RpcError as error:
            self._reply(call_id, error=error)
        except BaseException as error:  # SystemExit too: a request must not end the worker
            self._reply(call_id, error=RpcError(INTERNAL_ERROR, f"{type(error).__name__}: {error}"))
        else:
            self._reply(call_id, result=result)
        finally:
            self.serving.pop(call_id, None)

    def _reply(self, call_id, result=None, error=None):
        if error is None:
            try:
                return self._write(self._line({"jsonrpc": "2.0", "id": call_id, "result": result}))
            except (TypeError, ValueError, RecursionError) as failure:
                message = f"the answer cannot be sent as JSON: {failure}"
                error = RpcError(
                    PLUGIN_ERROR, message, {"type": type(failure).__name__, "message": message}
                )
        try:
            line = self._line({"jsonrpc": "2.0", "id": call_id, "error": error.reply()})
        except (TypeError, ValueError, RecursionError):  # the error's own data is not JSON
            line = self._line(
                {
                    "jsonrpc": "2.0",
                    "id": call_id,
                    "error": {"code": error.code, "message": error.message},
                }
            )
        return self._write(line)

    @staticmethod
    def _line(message):
        # A lone surrogate has no UTF-8; "?" keeps the line readable for the host.
        line = _encode(message).encode("utf-8", "replace") + b"\n"
        if len(line) > MESSAGE_BYTES_MAX:
            raise ValueError(f"the message has {len(line)} bytes, the limit is {MESSAGE_BYTES_MAX}")
        # Counting is quick; only what has many brackets is walked.
        if line.count(b"[") + line.count(b"{") > MESSAGE_DEPTH_MAX:
            if _deeper_than(MESSAGE_DEPTH_MAX, message):
                raise ValueError(f"it is nested deeper than {MESSAGE_DEPTH_MAX} levels")
        return line

    def _write(self, line):
        if self.ended.done():
            return
        try:
            with self._write_lock:
                self._sock.sendall(line)
        except OSError as error:
            self.loop.call_soon_threadsafe(self.end, str(error))

    def end(self, reason):
        """Ends the conversation: nothing is read or written any more, and pending calls fail."""
        if self.ended.done():
            return
        self.ended.set_result(reason)
        self.loop.remove_reader(self._sock.fileno())
        self._sock.close()
        calls, self._calls = self._calls, {}
        for future in calls.values():
            if not future.done():
                future.set_exception(RpcError(DISCONNECTED, reason))
