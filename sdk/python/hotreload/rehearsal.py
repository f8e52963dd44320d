"""Plays the life of a worker on a sample plugin: load, probe, handle, end.

In the nursery, before the first fork, it fills the caches that all workers share and has the
interpreter specialise the code they run. In a waiting child it has the pages copied that a worker
writes to. A module with `adapt` may have a sample plugin beside it, `rehearsed.py`, with a global
`event` for its first offer.
"""

import asyncio
import json
import linecache
import logging
import os
import socket
import sys

from hotreload import worker

SAMPLE = "rehearsed.py"
MODULE = "hotreload_rehearsed"
REHEARSAL_SECONDS_MAX = 5


def samples(adapters):
    """(adapter, path) for each of the modules named that has a sample plugin beside it."""
    for name in adapters:
        module = sys.modules[name]
        path = os.path.join(os.path.dirname(getattr(module, "__file__", None) or ""), SAMPLE)
        if hasattr(module, "adapt") and os.path.isfile(path):
            yield name, path


def rehearse(loop, adapter, entry):
    """One whole life; afterwards the process is as before."""
    root_logger = logging.getLogger()
    level, handlers = root_logger.level, root_logger.handlers[:]
    path, hooks, importers = sys.path[:], sys.path_hooks[:], dict(sys.path_importer_cache)
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    actor = worker.Worker(theirs, loop)
    try:
        play = _play(loop, ours, adapter, entry)
        loop.run_until_complete(asyncio.wait_for(play, REHEARSAL_SECONDS_MAX))
    finally:
        actor.peer.end("rehearsed")
        loop.run_until_complete(actor.close())
        ours.close()
        root_logger.setLevel(level)
        root_logger.handlers[:] = handlers
        for handler in handlers:
            if isinstance(handler, worker.HostLog):
                handler.host = None
        sys.path[:], sys.path_hooks[:] = path, hooks
        sys.path_importer_cache.clear()
        sys.path_importer_cache.update(importers)
        sys.modules.pop(MODULE, None)
        linecache.cache.pop(entry, None)


async def _play(loop, sock, adapter, entry):
    async def ask(number, method, params):
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        await loop.sock_sendall(sock, json.dumps(request).encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            line += await loop.sock_recv(sock, 1 << 16)
        reply = json.loads(line)
        if "error" in reply:
            raise RuntimeError(f"rehearsing {method}: {reply['error']}")
        return reply["result"]

    load = {
        "plugin": "rehearsed",
        "generation": 1,
        "language": "python",
        "entry": entry,
        "module": MODULE,
        "adapter": adapter,
        "roots": [os.path.dirname(entry)],
        "config": {},
        "data_dir": "",
    }
    manifest = await ask(1, "load", load)
    await ask(2, "probe", {})
    event = sys.modules[MODULE].event
    await ask(3, "handle", {"offer": manifest["offers"][0], "deadline_ms": 1000, "event": event})
