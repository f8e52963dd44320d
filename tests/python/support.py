"""Drives real workers and a real nursery, as the host does."""

import json
import os
import pathlib
import select
import shutil
import socket
import sys
import tempfile
import time
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SDK_DIR = PROJECT / "sdk" / "python"
PYTHON = "/usr/bin/python3"
WORKER = [PYTHON, "-I", "-B", str(SDK_DIR / "hotreload" / "__main__.py")]
NURSERY = [
    PYTHON,
    "-I",
    "-B",
    str(SDK_DIR / "hotreload" / "nursery.py"),
    "--preload",
    "tgstats.adapter",
]
DEADLINE_SECONDS = 60

sys.dont_write_bytecode = True
sys.path[:0] = [str(PROJECT / "tests" / "protocol"), str(SDK_DIR)]

import replay  # noqa: E402  the path above comes first


class RpcFailure(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data") or {}


class Kept(dict):
    """What the host keeps for one plugin: answers the state verbs over itself."""

    def calls(self):
        return {
            "state.get": lambda params: {
                "value": self.get(params["key"]),
                "found": params["key"] in self,
            },
            "state.set": self._set,
            "state.delete": self._delete,
            "state.keys": lambda params: {
                "keys": sorted(key for key in self if key.startswith(params.get("prefix", "")))
            },
        }

    def _set(self, params):
        self[params["key"]] = params["value"]
        return {}

    def _delete(self, params):
        self.pop(params["key"], None)
        return {}


class Worker(replay.Conversation):
    """A worker process; `calls` answers what it asks of the host: {method: function(params)}."""

    def __init__(self, calls=None, command=None):
        super().__init__(command or WORKER)
        self.calls = calls or {}
        self.asked = []
        self._id = 0

    def request(self, method, params):
        self._id += 1
        wanted = self._id
        self.send(json.dumps({"jsonrpc": "2.0", "id": wanted, "method": method, "params": params}))
        while True:
            message = self.until(lambda m: ("id" in m and "method" in m) or m.get("id") == wanted)
            if message is None:
                raise EOFError("the worker closed the socket")
            if "method" not in message:
                break
            self.asked.append((message["method"], message["params"]))
            self.answer(message)
        if "error" in message:
            raise RpcFailure(message["error"])
        return message["result"]

    def answer(self, message):
        reply = {"jsonrpc": "2.0", "id": message["id"]}
        try:
            reply["result"] = self.calls[message["method"]](message["params"])
        except RpcFailure as failure:
            reply["error"] = {"code": failure.code, "message": failure.message}
        self.send(json.dumps(reply))

    def handle(self, kind, name, event):
        offer = {"kind": kind, "name": name}
        return self.request("handle", {"offer": offer, "deadline_ms": 30000, "event": event})

    def command(self, name, *args, **message):
        return self.handle("command", name, command_event(name, args, message))["effects"]

    def finish(self):
        self.close()
        return self.exit_status()


class PluginCase(unittest.TestCase):
    """Each test has an empty plugin folder and as many workers as it wants."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="plugins-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.root = self.folder / "plugins"
        self.data = self.folder / "data"
        self.root.mkdir()
        self.data.mkdir()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def worker(self, calls=None):
        worker = Worker(calls)
        self.addCleanup(worker.__exit__)
        return worker

    def load_params(self, entry, adapter="", config=None):
        name = entry.parent.name if entry.name == "__init__.py" else entry.stem
        return {
            "plugin": name,
            "generation": 1,
            "language": "python",
            "entry": str(entry),
            "module": f"tgstats.plugins.{name}",
            "adapter": adapter,
            "roots": [str(entry.parents[1 if entry.name == "__init__.py" else 0])],
            "config": config or {},
            "data_dir": str(self.data),
        }

    def loaded(self, entry, adapter="", config=None, calls=None):
        worker = self.worker(calls)
        worker.manifest = worker.request("load", self.load_params(entry, adapter, config))
        return worker

    def failure(self, function, *arguments):
        with self.assertRaises(RpcFailure) as caught:
            function(*arguments)
        return caught.exception


def command_event(name, args, message):
    return {
        "update_id": 41,
        "command": name,
        "args": list(args),
        "now": 1794737344,
        "message": {
            "message_id": 7,
            "date": 1794737344,
            "text": f"/{name}",
            "chat": {"id": -100123, "type": "supergroup", "title": "Tests"},
            "from": {"id": 5, "is_bot": False, "first_name": "Ann", "last_name": "<Lee>"},
            **message,
        },
        "bot": {
            "id": 1000000001,
            "is_bot": True,
            "first_name": "tgstats",
            "username": "tgstats_bot",
        },
        "settings": {"timezone": "UTC", "locale": "en"},
    }


def member(user_id, messages, **counts):
    """A USER of the store."""
    user = {
        "id": user_id,
        "first_name": f"User {user_id}",
        "last_name": None,
        "username": None,
        "is_bot": False,
    }
    return {
        "user": user,
        "messages": messages,
        "active_days": 1,
        "characters": 0,
        "urls": 0,
        "media": 0,
        "replies_sent": 0,
        "replies_received": 0,
        "reactions_given": 0,
        "reactions_received": 0,
        "first": 1,
        "last": 2,
        **counts,
    }


def readable(descriptor, seconds=DEADLINE_SECONDS):
    return bool(select.select([descriptor], [], [], seconds)[0])


def wait_until(condition, seconds=DEADLINE_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {seconds} s")
        select.select([], [], [], 0.01)


class Nursery:
    def __init__(self):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = replay.Process(NURSERY, theirs)
        theirs.close()
        self.greeting = self.receive()[0]

    def receive(self):
        if not readable(self.control):
            raise AssertionError("the nursery says nothing")
        data, descriptors, _, _ = socket.recv_fds(self.control, 4096, 4)
        return (json.loads(data) if data else None), descriptors

    def fork(self, number, title="test#1", **more):
        """(reply, pidfds, socket, stdout, stderr)"""
        ours = self.order(number, title, **more)
        return *self.receive(), *ours

    def order(self, number, title="test#1", descriptors=(), **more):
        """(socket, stdout, stderr)"""
        own, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        packet = json.dumps({"fork": number, "title": title, **more}).encode()
        given = [theirs.fileno(), out_write, err_write, *descriptors]
        socket.send_fds(self.control, [packet], given)
        theirs.close()
        os.close(out_write)
        os.close(err_write)
        return own, open(out_read, "rb"), open(err_read, "rb")

    def stop(self):
        self.control.close()
        return self.process.wait()
