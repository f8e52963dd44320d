"""The Python worker passes the golden transcripts, and the replayer notices when a worker does not.
"""

import copy
import json
import pathlib
import tempfile
import unittest

from support import PROJECT, WORKER, replay

FIXTURE = PROJECT / "tests" / "protocol" / "fixtures" / "echo.py"
TRANSCRIPTS = sorted(replay.HERE.glob("*.jsonl"))


def play(transcript):
    with tempfile.TemporaryDirectory() as data:
        replay.replay(
            transcript,
            WORKER,
            {
                "ENTRY": FIXTURE,
                "ROOT": FIXTURE.parent,
                "ENDING": FIXTURE.suffix,
                "DATA": data,
                "LANGUAGE": "python",
                "MODULE": "tgstats.plugins.echo",
                "ADAPTER": "tgstats.adapter",
            },
        )


def lines_of(transcript):
    return [json.loads(line) for line in transcript.read_text(encoding="utf-8").splitlines()]


def other(line):
    """The same line of the worker, but asking for something else."""
    line = copy.deepcopy(line)
    if "exit" in line:
        line["exit"] += 1
        return line
    for message in line.get("any", [line.get("message")]):
        if "method" in message:
            message["params"]["more"] = 1
        elif "error" in message:
            message["error"]["code"] -= 50
        else:
            message["result"] = {"other": message["result"]}
    return line


class Transcripts(unittest.TestCase):
    def test_all(self):
        self.assertGreater(len(TRANSCRIPTS), 30)
        for transcript in TRANSCRIPTS:
            with self.subTest(transcript.stem):
                play(transcript)

    def changed(self, lines):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "changed.jsonl"
            path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
            with self.assertRaises(replay.Mismatch):
                play(path)

    def test_a_worker_that_says_anything_else_is_noticed(self):
        tried = []  # many transcripts begin and end alike
        for transcript in TRANSCRIPTS:
            lines = lines_of(transcript)
            for number, line in enumerate(lines):
                if line["dir"] == "worker" and "eof" not in line and line not in tried:
                    tried.append(line)
                    with self.subTest(f"{transcript.stem}:{number + 1}"):
                        self.changed([*lines[:number], other(line), *lines[number + 1 :]])

    def test_a_worker_that_says_more_is_noticed(self):
        for name in ("state", "observer", "migrate_missing", "service_call_refused"):
            lines = lines_of(replay.HERE / f"{name}.jsonl")
            for number, line in enumerate(lines):
                if {"result", "error"} & line.get("message", {}).keys() and line["dir"] == "worker":
                    with self.subTest(f"{name}:{number + 1}"):
                        self.changed([*lines[:number], *lines[number + 1 :]])

    def test_numbers_are_compared_by_value_and_nothing_else_is(self):
        self.assertTrue(replay.matches(90, 90.0))
        for expected, actual in ((1, True), (True, 1), (0, None), ("1", 1), (1, "1"), ([], {})):
            self.assertFalse(replay.matches(expected, actual), (expected, actual))

    def test_every_line_is_of_the_format(self):
        for transcript in TRANSCRIPTS:
            for line in lines_of(transcript):
                self.assertIn(line["dir"], ("host", "worker"))


if __name__ == "__main__":
    unittest.main()
