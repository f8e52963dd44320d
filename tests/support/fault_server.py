"""A Bot API server that fails as told: it stands between a bot and the playground, passes requests
on, and does wrong what a script says. With TLS by a certificate of one's own.

    faults = FaultServer(telegram.address, certificate)
    faults.script("sendMessage", ["reset", "flood", PASS, "half"])    # the next four such requests
    faults.script("getUpdates", [change])    # that answer's body becomes change(body)
    with faults.connections("stranger"): ...                          # every connection meanwhile
"""

import contextlib
import http.client
import json
import select
import socket
import socketserver
import ssl
import struct
import threading
import time

PASS = None
SERVER_DEADLINE_S = 300
SLOW_BYTES = 200  # sent singly, the rest at once
SLOW_PAUSE_S = 0.01
RETRY_AFTER_S = 1
LONG_RETRY_AFTER_S = 6
ENDINGS = ("reset", "reset_after", "half", "head_only")  # the connection does not live on


def answer(status, body, kind="application/json"):
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def refusal(code, description, **parameters):
    body = {"ok": False, "error_code": code, "description": description}
    if parameters:
        body["parameters"] = parameters
    return answer(code, json.dumps(body).encode())


# What is answered without asking the playground.
REFUSALS = {
    "flood": refusal(429, "Too Many Requests: retry after 1", retry_after=RETRY_AFTER_S),
    "long_flood": refusal(429, "Too Many Requests", retry_after=LONG_RETRY_AFTER_S),
    "internal": refusal(500, "Internal Server Error"),
    "gateway": answer(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html"),
    "garbage": answer(200, b"\x00\xff not JSON"),
    "empty": answer(200, b"{}"),
    "conflict": refusal(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
        " is running",
    ),
    "no_http": b"\x01\x02\x03 nothing of that kind\r\n\r\n",
}


class Request:
    """One HTTP/1.1 request as it came."""

    def __init__(self, stream):
        self.line = stream.readline(65_536).decode("latin-1")
        self.headers = http.client.parse_headers(stream) if self.line.strip() else {}
        self.body = stream.read(int(self.headers.get("Content-Length", 0)))

    @property
    def method(self):
        """The Bot API's."""
        return self.line.split(" ")[1].rpartition("/")[2] if self.line.count(" ") == 2 else ""

    def passed_on(self, target):
        """The bytes of the playground's answer."""
        connection = http.client.HTTPConnection(target, timeout=SERVER_DEADLINE_S)
        kept = {k: v for k, v in self.headers.items() if k.lower() in ("content-type",)}
        verb, path, _ = self.line.split(" ")
        connection.request(verb, path, self.body, kept)
        got = connection.getresponse()
        body = got.read()
        connection.close()
        return answer(got.status, body)


class FaultServer:
    def __init__(self, target, certificate, stranger=None):
        self.target = target.removeprefix("http://")
        self.contexts = {"good": context(certificate), "stranger": context(stranger or certificate)}
        self.met = []  # (method, fault), in order
        self.sends = []  # (monotonic time, body) of each sendMessage
        self._scripts = {}
        self._way = "good"  # of new connections
        self._open = set()
        self._lock = threading.Lock()
        self._listener = None
        self.port = None
        self.listen()

    @property
    def address(self):
        return f"https://localhost:{self.port}"

    # --- what goes wrong --------------------------------------------------------------------------

    def script(self, method, faults):
        with self._lock:
            self._scripts.setdefault(method, []).extend(faults)

    def pending(self, method):
        with self._lock:
            return len(self._scripts.get(method, []))

    @contextlib.contextmanager
    def connections(self, way):
        """`stranger`: a certificate that nobody trusts; `plain`: no TLS; `closed`: hung up at once.
        Connections that are open end.
        """
        self._way = way
        self.cut()
        try:
            yield
        finally:
            self._way = "good"
            self.cut()

    @contextlib.contextmanager
    def refused(self):
        """Nobody listens."""
        self.close()
        try:
            yield
        finally:
            self.listen()

    # --- the server -------------------------------------------------------------------------------

    def listen(self):
        class Handler(socketserver.BaseRequestHandler):
            def handle(inner):  # noqa: N805
                self._serve(inner.request)

        class Listener(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._listener = Listener(("127.0.0.1", self.port or 0), Handler)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()
        self.cut()

    def cut(self):
        with self._lock:
            open_now, self._open = self._open, set()
        for connection in open_now:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, raw):
        way = self._way
        try:
            if way == "plain":
                raw.sendall(REFUSALS["gateway"])
                return
            if way == "closed":
                return
            with self.contexts[way].wrap_socket(raw, server_side=True) as connection:
                with self._lock:
                    self._open.add(connection)
                connection.settimeout(SERVER_DEADLINE_S)
                while self._serve_one(connection):
                    pass
        except (OSError, ValueError):
            pass  # the bot has hung up, or this server has

    def _serve_one(self, connection):
        with connection.makefile("rb") as stream:
            request = Request(stream)
        if not request.method:
            return False
        with self._lock:
            script = self._scripts.get(request.method)
            fault = script.pop(0) if script else PASS
            self.met.append((request.method, fault))
            if request.method == "sendMessage":
                self.sends.append((time.monotonic(), request.body))
        return self._answer(connection, request, fault)

    def _answer(self, connection, request, fault):
        """Whether the connection lives on."""
        if fault in REFUSALS:
            connection.sendall(REFUSALS[fault])
            return fault != "no_http"
        if fault == "silence":
            with self._lock:
                self._open.discard(connection)  # nobody but the bot ends it
            select.select([connection], [], [], SERVER_DEADLINE_S)
            return False
        if fault == "reset":
            reset(connection)
            return False
        reply = request.passed_on(self.target)
        if callable(fault):
            connection.sendall(answer(200, fault(reply.partition(b"\r\n\r\n")[2])))
        elif fault == "reset_after":
            reset(connection)
        elif fault == "half":
            connection.sendall(reply[: -len(reply) // 3])
        elif fault == "head_only":
            connection.sendall(reply[: reply.index(b"\r\n\r\n") + 4])
        elif fault == "slow":
            send_slowly(connection, reply)
        else:
            connection.sendall(reply)
        return fault not in ENDINGS


def context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*certificate)
    return made


def reset(connection):
    """The peer gets RST instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send_slowly(connection, data):
    for position in range(min(SLOW_BYTES, len(data))):
        connection.sendall(data[position : position + 1])
        select.select([], [], [], SLOW_PAUSE_S)
    connection.sendall(data[SLOW_BYTES:])
