"""Processes as /proc shows them, and what they wait for."""

import contextlib
import pathlib

BUSY_DISK_PERCENT = 10


def alive(pid):
    """Whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def parent(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def descendants(pid):
    """All processes below a process. Threads and processes that end meanwhile have none."""
    gone = contextlib.suppress(FileNotFoundError, ProcessLookupError)
    found = []
    with gone:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            with gone:
                found += [int(child) for child in (task / "children").read_text().split()]
    return found + [deeper for child in found for deeper in descendants(child)]


def disk_is_busy():
    """Whether somebody has waited for it for a good part of the last minute."""
    try:
        words = pathlib.Path("/proc/pressure/io").read_text().split()
    except OSError:
        return False
    average = next(word for word in words if word.startswith("avg60="))
    return float(average.partition("=")[2]) > BUSY_DISK_PERCENT
