"""The worker in a third language, written from the protocol's page, passes the golden transcripts.
"""

import shutil
import subprocess
import sys
import unittest

from support import DEADLINE_SECONDS, PROJECT

FOLDER = PROJECT / "examples" / "node_worker"


@unittest.skipUnless(shutil.which("node"), "there is no node here")
class NodeWorker(unittest.TestCase):
    def replay(self, worker):
        command = [
            sys.executable,
            str(PROJECT / "tests" / "protocol" / "replay.py"),
            "--language=javascript",
            f"--entry={FOLDER / 'echo.js'}",
            "--",
            shutil.which("node"),
            str(worker),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10 * DEADLINE_SECONDS, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def test_it_passes_the_golden_transcripts(self):
        status, output = self.replay(FOLDER / "worker.mjs")
        self.assertEqual(status, 0, output)
        self.assertNotIn("FAILED", output)
        self.assertIn("ok      migrate\n", output)


if __name__ == "__main__":
    unittest.main()
