#!/usr/bin/python3
"""Plays the golden transcripts against any worker and compares what it answers. README.md has the
format.
"""

import argparse
import json
import os
import pathlib
import select
import signal
import socket
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
STEP_SECONDS = 60
MESSAGE_BYTES_MAX = 16 << 20


class Mismatch(Exception):
    """The worker did not do as the transcript says."""


class Process:
    """A program with a socket as descriptor 3, from start to reaped."""

    def __init__(self, command, sock):
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, sock.fileno(), 3),
        ]
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        self.pid = os.posix_spawnp(command[0], command, environment, file_actions=actions)
        self._pidfd = os.pidfd_open(self.pid)
        self._status = None

    def wait(self, seconds=STEP_SECONDS):
        """The exit status, negative for a signal."""
        if self._status is None:
            if not select.select([self._pidfd], [], [], seconds)[0]:
                raise Mismatch(f"process {self.pid} did not end within {seconds} s")
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._pidfd)
        return self._status

    def kill(self):
        if self._status is None:
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self.wait()


class Conversation:
    def __init__(self, command):
        own, theirs = socket.socketpair()
        self.process = Process(command, theirs)
        theirs.close()
        self._socket = own
        self._buffer = bytearray()
        self._ended = False
        self._messages = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self.process.kill()

    def send(self, line):
        self._socket.sendall(line.encode() + b"\n")

    def close(self):
        self._socket.close()

    def finish(self):
        """Says that nothing more comes; what the worker still says can be read."""
        self._socket.shutdown(socket.SHUT_WR)

    def leftover(self):
        """The first message that nobody has asked for, after all that the worker had to say."""
        return self.until(lambda message: message.get("method") != "log")

    def exit_status(self):
        return self.process.wait()

    def until(self, wanted):
        """The first message for which `wanted` is true. Others wait for their turn; end of file
        gives None.
        """
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            for message in self._messages:
                if wanted(message):
                    self._messages.remove(message)
                    return message
            if self._ended:
                return None
            self._read(deadline)

    def _read(self, deadline):
        ready, _, _ = select.select([self._socket], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise Mismatch(
                f"nothing came within {STEP_SECONDS} s; not asked for so far: {self._messages}"
            )
        try:
            data = self._socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        self._ended = not data
        self._buffer += data
        if b"\n" in data:
            *lines, self._buffer = self._buffer.split(b"\n")
            self._messages += [message_of(line) for line in lines]
        if self._ended and self._buffer:
            raise Mismatch(f"the last line has no end: {bytes(self._buffer)[:200]!r}")
        if len(self._buffer) > MESSAGE_BYTES_MAX:
            raise Mismatch("a line is over 16 MiB")


def message_of(line):
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Mismatch(f"a line is not JSON ({error}): {bytes(line)[:200]!r}") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Mismatch(f"a line is no JSON-RPC 2.0 object: {bytes(line)[:200]!r}")
    return message


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def matches(expected, actual):
    if expected == "*":
        return True
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and expected.keys() - actual.keys() <= set()
            and actual.keys() <= expected.keys() | ({"data"} if "code" in expected else set())
            and all(matches(value, actual.get(key)) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(map(matches, expected, actual))
        )
    if is_number(expected):
        return is_number(actual) and expected == actual
    return type(expected) is type(actual) and expected == actual


def same_turn(expected):
    """Which of the worker's messages a line is about: the reply to an id, the next notification of
    a name, or the next request, whichever it is.
    """
    if "method" in expected and "id" in expected:
        return lambda message: "method" in message and "id" in message
    if "method" in expected:
        return lambda message: message.get("method") == expected["method"]
    return lambda message: "method" not in message and message.get("id") == expected["id"]


def replay(transcript, command, variables):
    lines = pathlib.Path(transcript).read_text(encoding="utf-8").splitlines()
    with Conversation(command) as conversation:
        for number, text in enumerate(lines, 1):
            for name, value in variables.items():
                text = text.replace("${" + name + "}", json.dumps(str(value))[1:-1])
            try:
                step(conversation, json.loads(text))
            except Mismatch as error:
                raise Mismatch(f"{pathlib.Path(transcript).name}:{number}: {error}") from None


def step(conversation, line):
    if line["dir"] == "host":
        if "close" in line:
            return conversation.finish()
        return conversation.send(
            line["raw"] if "raw" in line else json.dumps(line["message"], ensure_ascii=False)
        )
    if "exit" in line:
        message = conversation.leftover()
        if message is not None:
            raise Mismatch(f"nothing more was expected, {message} came")
        status = conversation.exit_status()
        if status != line["exit"]:
            raise Mismatch(f"exit status {line['exit']} expected, {status} seen")
        return None
    if "eof" in line:
        message = conversation.leftover()
        if message is not None:
            raise Mismatch(f"end of file expected, {message} came")
        return None
    choices = line.get("any") or [line["message"]]
    message = conversation.until(same_turn(choices[0]))
    if not any(matches(choice, message) for choice in choices):
        raise Mismatch(
            f"\n  expected {json.dumps(choices, ensure_ascii=False)}"
            f"\n  received {json.dumps(message, ensure_ascii=False)}"
        )
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--entry",
        required=True,
        help="the echo plugin in the worker's language; the keeper plugin lies beside it",
    )
    parser.add_argument("--language", default="python")
    parser.add_argument("--module", default="tgstats.plugins.echo")
    parser.add_argument("--adapter", default="tgstats.adapter")
    parser.add_argument("--only", action="append", help="NAME of a transcript; may be repeated")
    parser.add_argument("command", nargs="+", help="the worker, after --")
    options = parser.parse_args()
    entry = pathlib.Path(options.entry).resolve()
    transcripts = sorted(
        path for path in HERE.glob("*.jsonl") if not options.only or path.stem in options.only
    )
    failed = 0
    for transcript in transcripts:
        with tempfile.TemporaryDirectory() as data:
            variables = {
                "ENTRY": entry,
                "ROOT": entry.parent,
                "ENDING": entry.suffix,
                "DATA": data,
                "LANGUAGE": options.language,
                "MODULE": options.module,
                "ADAPTER": options.adapter,
            }
            try:
                replay(transcript, options.command, variables)
                print(f"ok      {transcript.stem}")
            except Mismatch as error:
                failed += 1
                print(f"FAILED  {error}")
    print(f"{len(transcripts) - failed} of {len(transcripts)} transcripts passed")
    return 1 if failed or not transcripts else 0


if __name__ == "__main__":
    sys.exit(main())
