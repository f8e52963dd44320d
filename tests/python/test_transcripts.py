"""The Python worker passes the golden transcripts, and the replayer notices when a worker does not.
"""

import json
import pathlib
import tempfile
import unittest

from support import PROJECT, WORKER, replay

FIXTURE = PROJECT / "tests" / "protocol" / "fixtures" / "echo.py"


def play(transcript):
    with tempfile.TemporaryDirectory() as data:
        replay.replay(
            transcript,
            WORKER,
            {
                "ENTRY": FIXTURE,
                "ROOT": FIXTURE.parent,
                "DATA": data,
                "LANGUAGE": "python",
                "MODULE": "tgstats.plugins.echo",
                "ADAPTER": "tgstats.adapter",
            },
        )


class Transcripts(unittest.TestCase):
    def test_all(self):
        transcripts = sorted(replay.HERE.glob("*.jsonl"))
        self.assertGreater(len(transcripts), 10)
        for transcript in transcripts:
            with self.subTest(transcript.stem):
                play(transcript)

    def test_a_wrong_answer_is_noticed(self):
        lines = (replay.HERE / "handle.jsonl").read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            changed = pathlib.Path(folder) / "changed.jsonl"
            for right, wrong in (
                ('You said: one two"', 'You said: one"'),
                ('"exit":0', '"exit":1'),
                ('"state_version":0', '"state_version":1'),
            ):
                self.assertIn(right, lines)
                changed.write_text(lines.replace(right, wrong), encoding="utf-8")
                with self.assertRaises(replay.Mismatch):
                    play(changed)

    def test_every_line_is_of_the_format(self):
        for transcript in replay.HERE.glob("*.jsonl"):
            for line in transcript.read_text(encoding="utf-8").splitlines():
                self.assertIn(json.loads(line)["dir"], ("host", "worker"))


if __name__ == "__main__":
    unittest.main()
