"""A machine whose clock jumps, whose names cannot be resolved and whose disk hangs, as a case says
at each moment (broken_world.c).
"""

import pathlib
import subprocess

from bot import SOURCE

NAMES_WORK, NAMES_FAIL, NAMES_HANG = 0, 1, 2
COMPILE_DEADLINE_S = 120


class World:
    def __init__(self, folder):
        self._state = pathlib.Path(folder) / "world"
        self._library = pathlib.Path(folder) / "broken_world.so"
        source = SOURCE / "tests" / "support" / "broken_world.c"
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", self._library, source]
        subprocess.run(command, check=True, timeout=COMPILE_DEADLINE_S)
        self.set()

    def set(self, seconds=0, names=NAMES_WORK, disk_hangs=False):
        """In one step: the bot reads it at any moment."""
        fresh = self._state.with_suffix(".new")
        fresh.write_text(f"{seconds} {names} {int(disk_hangs)}", encoding="utf-8")
        fresh.rename(self._state)

    def disk_hangs(self):
        """Whether a program has met the disk that hangs."""
        return self._state.with_suffix(".hangs").exists()

    def environment(self):
        return {"LD_PRELOAD": str(self._library), "BROKEN_WORLD": str(self._state)}
