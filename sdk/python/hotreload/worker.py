"""The worker: holds one generation of one plugin and answers load, migrate, probe and handle until
the socket is closed.
"""

import asyncio
import importlib
import logging
import os
import selectors
import signal
import socket
import sys

from hotreload import failure, loading
from hotreload.peer import (
    BAD_PARAMS,
    CANCELLED,
    INVALID_REQUEST,
    PLUGIN_ERROR,
    UNKNOWN_METHOD,
    Peer,
    Refusal,
    RpcError,
)

SOCKET_FD = 3
SHUTDOWN_SECONDS = 1.0
NICE_OF_LEAVING = 10
LOG_MESSAGE_CHARACTERS_MAX = 4096

_LEVELS = (
    (logging.ERROR, "error"),
    (logging.WARNING, "warning"),
    (logging.INFO, "info"),
    (0, "debug"),
)


class Host:
    """What an adapter gets: who the plugin is, and the way to the host."""

    def __init__(self, peer, params):
        self.plugin = params["plugin"]
        self.generation = params.get("generation", 0)
        self.config = params.get("config") or {}
        self.data_dir = params.get("data_dir") or ""
        self.roots = tuple(params.get("roots") or ())
        self._peer = peer
        self._posted = []

    def call(self, method, params):
        """A request to the host: a Call, to be awaited or waited for."""
        return self._peer.call(method, params)

    def post(self, method, params):
        """The same for a request whose answer is only that it was done: it need not be awaited. The
        event that is being handled ends when the host has answered, and fails if the host refuses.
        """
        call = self._peer.call(method, params)
        self._posted = [posted for posted in self._posted if not posted.taken]
        self._posted.append(call)
        return call

    async def settled(self):
        """Waits for what was posted and not awaited."""
        posted, self._posted = self._posted, []
        for call in posted:
            if not call.taken:
                await call

    async def finished(self, awaitable):
        """The result of plugin code, once all that it has posted is done."""
        self._posted = []
        result = await awaitable
        await self.settled()
        return result

    def log(self, level, message, fields=None):
        message = str(message)[:LOG_MESSAGE_CHARACTERS_MAX]
        try:
            self._peer.notify("log", {"level": level, "message": message, "fields": fields or {}})
        except (
            TypeError,
            ValueError,
            RecursionError,
        ):  # a field that is not JSON must not fail the plugin
            self._peer.notify(
                "log",
                {"level": level, "message": message, "fields": {"fields": repr(fields)[:1024]}},
            )


class HostLog(logging.Handler):
    """Sends what the plugin says through `logging` to the host's event log."""

    def __init__(self):
        super().__init__()
        self.host = None

    def emit(self, record):
        if self.host is None:
            return
        level = next(name for number, name in _LEVELS if record.levelno >= number)
        try:
            self.host.log(level, self.format(record), {"logger": record.name})
        except Exception:
            self.handleError(record)


class Loop(asyncio.SelectorEventLoop):
    """An event loop that can be made before a fork: it holds no descriptor until it is opened."""

    def __init__(self):
        self._opened = False
        super().__init__(selectors.PollSelector())

    def _make_self_pipe(self):
        pass  # what asyncio would open at once

    def open(self):
        super()._make_self_pipe()
        self._opened = True

    def close(self):
        if self._opened:
            super().close()


class Worker:
    def __init__(self, sock, loop):
        self._loop = loop
        self._plugin = None
        self._host = None
        self._loading = False
        self._record = loading.FileRecord(())
        self._methods = {
            "load": self._load,
            "migrate": self._migrate,
            "probe": self._probe,
            "handle": self._handle,
        }
        self.peer = Peer(sock, loop, self._serve)

    async def _serve(self, method, params):
        function = self._methods.get(method)
        if function is None:
            raise RpcError(UNKNOWN_METHOD, f"unknown method {method!r}")
        if method != "load" and self._plugin is None:
            raise RpcError(INVALID_REQUEST, f"{method} before load")
        try:
            return await function(params)
        finally:
            flush_output()

    async def _load(self, params):
        if self._loading:
            raise RpcError(INVALID_REQUEST, "load comes once: a new generation is a new worker")
        check_load(params)
        self._loading = True
        self._host = host = Host(self.peer, params)
        self._record = record = loading.FileRecord(host.roots, host.data_dir)
        record.start()
        return await guarded(self._build(params, host, record), record.roots)

    async def _build(self, params, host, record):
        if host.data_dir:
            os.chdir(host.data_dir)
        open_log().host = host
        adapter = importlib.import_module(params.get("adapter") or "hotreload.plain")
        module = loading.import_entry(record, params["module"], params["entry"])
        plugin = adapter.adapt(module, host)
        await host.finished(plugin.start())
        manifest = plugin.manifest()
        manifest["files"] = record.files()
        record.follow(lambda files: self.peer.notify("files", {"files": files}))
        self._plugin = plugin
        return manifest

    async def _probe(self, _params):
        try:
            reason = await self._run(self._plugin.probe())
        except RpcError as error:
            if error.code == CANCELLED:
                raise
            return {"ok": False, "reason": error.message}
        if reason is None or reason is True:
            return {"ok": True}
        return {
            "ok": False,
            "reason": str(reason) if reason is not False else "the probe returned False",
        }

    async def _handle(self, params):
        offer, event = params.get("offer"), params.get("event", {})
        if not isinstance(offer, dict) or not isinstance(event, dict):
            raise RpcError(BAD_PARAMS, "handle: offer and event must be objects")
        return await self._run(self._plugin.handle(offer, event))

    async def _migrate(self, params):
        old, new, state = (params.get(name) for name in ("from", "to", "state"))
        if type(old) is not int or type(new) is not int or not isinstance(state, dict):
            raise RpcError(BAD_PARAMS, "migrate: from and to must be integers, state an object")
        if old == new:
            return {"state": state}
        hook = getattr(self._plugin, "migrate", None)
        if hook is None:
            raise RpcError(UNKNOWN_METHOD, f"no migrate hook for state version {old} to {new}")
        migrated = await self._run(hook(state, old, new))
        if not isinstance(migrated, dict) or not all(isinstance(key, str) for key in migrated):
            raise RpcError(PLUGIN_ERROR, "migrate must return a dict with keys that are strings")
        return {"state": migrated}

    async def _run(self, awaitable):
        return await guarded(self._host.finished(awaitable), self._record.roots)

    def at_rest(self):
        """Nothing is being answered, and the plugin has nothing to do before its end."""
        return not self.peer.serving and getattr(self._plugin, "shutdown", None) is None

    async def close(self):
        """Runs the plugin's shutdown hook after the conversation has ended."""
        tasks = list(self.peer.serving.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        hook = getattr(self._plugin, "shutdown", None)
        if hook is not None:
            await hook()


async def guarded(awaitable, roots):
    """Awaits plugin code: whatever it raises, an exit included, becomes one error reply."""
    try:
        return await awaitable
    except Refusal:
        raise
    except asyncio.CancelledError as error:
        if asyncio.current_task().cancelling():
            raise
        data = failure.describe(error, roots)
    except BaseException as error:
        data = failure.describe(error, roots)
    raise RpcError(PLUGIN_ERROR, failure.headline(data), data)


def check_load(params):
    language = params.get("language", "python")
    if language != "python":
        raise RpcError(BAD_PARAMS, f"this worker runs python, not {language}")
    for name, kind in (("plugin", str), ("entry", str), ("module", str)):
        if not isinstance(params.get(name), kind) or not params[name]:
            raise RpcError(BAD_PARAMS, f"load: {name} must be a string that is not empty")
    for name, kind, noun in (("roots", list, "an array"), ("config", dict, "an object")):
        if not isinstance(params.get(name, kind()), kind):
            raise RpcError(BAD_PARAMS, f"load: {name} must be {noun}")
    if not os.path.isabs(params["entry"]):
        raise RpcError(BAD_PARAMS, "load: entry must be an absolute path")


def flush_output():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # the plugin may have closed or replaced it
            pass


def leave(*_signal):
    flush_output()
    # Giving a process's memory back takes longer than starting the next one's work.
    os.nice(NICE_OF_LEAVING)
    os._exit(0)


def open_streams():
    """Fresh ones, which send each line as it ends whatever lies under them."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = open(
            descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def open_log():
    """The one handler of everything that is logged here, silent until it has a host."""
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, HostLog):
            return handler
    handler = HostLog()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return handler


def main(loop=None):
    """Runs the worker on file descriptor 3 and ends the process."""
    os.set_inheritable(SOCKET_FD, False)
    loop = loop or asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(socket.socket(fileno=SOCKET_FD), loop)
    run(loop, worker.peer.ended)
    if worker.at_rest():
        leave()
    # The hook has this long, also when it is a plain function that never returns.
    signal.signal(signal.SIGALRM, leave)
    signal.setitimer(signal.ITIMER_REAL, SHUTDOWN_SECONDS)
    try:
        loop.run_until_complete(worker.close())
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    leave()


def run(loop, ended):
    """Runs until `ended`. A stray task or callback that calls sys.exit() is reported and does not
    end the worker.
    """
    while not ended.done():
        try:
            loop.run_until_complete(ended)
        except (SystemExit, KeyboardInterrupt) as error:
            logging.getLogger("hotreload").error(
                "a background task raised %s", type(error).__name__
            )
