"""What a bot holds of the machine: processes, descriptors, memory, files; and what it leaves
behind.
"""

import contextlib
import ctypes
import os
import pathlib

from bot import equal, true, until
from processes import alive, descendants

PR_SET_CHILD_SUBREAPER = 36
LOOKS_AT_REST = 25
SETTLE_S = 40  # what is being ended may take its time: it is asked first, then told, then killed


def adopt_orphans():
    """From now on every process that loses its parent below this test becomes the test's child."""
    libc = ctypes.CDLL(None, use_errno=True)
    true(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "orphans cannot be adopted here")


def reap():
    """Takes notice of adopted children that have ended."""
    for child in children():
        try:
            state = pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "Z" and child not in KNOWN:
                os.waitpid(child, os.WNOHANG)
        except (FileNotFoundError, ProcessLookupError, ChildProcessError):
            pass


# Children that `subprocess` has started: it waits for those itself.
KNOWN = set()


def children():
    found = []
    for task in pathlib.Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def strays(*bots):
    """Living processes that this test has adopted: they have lost the bot that they belonged to."""
    KNOWN.update(bot.pid for bot in bots)
    reap()
    below = []
    for child in children():
        if child not in KNOWN:
            below += [child, *descendants(child)]
    return {pid: command(pid) for pid in below if alive(pid)}


def no_strays(what, *bots):
    left = {}

    def none():
        left.clear()
        left.update(strays(*bots))
        return not left

    try:
        until(none, f"no process is left {what}", SETTLE_S)
    finally:
        for pid in left:
            os.kill(pid, 9)


def command(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return "(gone)"
    return name + ": " + " ".join(word.decode(errors="replace") for word in words)[:200]


def processes(bot):
    """How many processes live below the bot that neither serve a plugin nor belong to the nursery
    (itself, and the child that it has forked ahead).
    """
    serving = {plugin["pid"] for plugin in bot.get("/api/plugins")}
    below = [pid for pid in descendants(bot.pid) if pid not in serving and alive(pid)]
    return sum(1 for pid in below if own_name(pid) != "nursery")


def own_name(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descriptors(bot):
    """What the bot's open descriptors are, as {kind: how many}. Network sockets are left out: they
    are those of whoever asks.
    """
    local = local_sockets()
    kinds = {}
    for entry in pathlib.Path(f"/proc/{bot.pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        if "/cache/history" in target:  # written behind the bot's back, for a moment at a time
            continue
        kind = target if target.startswith("/") else target.partition(":")[0]
        if kind != "socket" or target[len("socket:[") : -1] in local:
            kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


def local_sockets():
    lines = pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]
    return {line.split()[6] for line in lines}


def memory_kb(bot):
    """The bot's own memory, without what it shares with its workers."""
    for line in pathlib.Path(f"/proc/{bot.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def temporary_files(bot):
    """Files of builds and saves that should be gone when nothing is being built."""
    cache = bot.folder / "data" / "cache" / "tmp"
    found = [str(path) for path in files_below(cache)]
    # The SDK's header is compiled while nobody waits for it.
    found = [path for path in found if "/tmp/pch-" not in path]
    data = list(files_below(bot.folder / "data"))
    found += [str(path) for path in data if path.suffix == ".tmp" or is_unfinished(path)]
    return sorted(set(found))


def files_below(folder):
    """All there is, while the bot works on it: what goes meanwhile is left out."""
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            yield pathlib.Path(place) / name


def is_unfinished(path):
    """mkostemp's names: six letters or digits after the last dot."""
    _, dot, ending = path.name.rpartition(".")
    drawn = any(letter.isupper() or letter.isdigit() for letter in ending)
    return bool(dot) and len(ending) == 6 and drawn


class Holdings:
    """A snapshot to come back to."""

    def __init__(self, bot):
        self._bot = bot
        until(lambda: processes(bot) == 0, "nothing is being built or started")
        self.processes = 0
        self.descriptors = self._descriptors_at_rest()
        self.files = temporary_files(bot)
        self.memory_kb = memory_kb(bot)

    def _descriptors_at_rest(self):
        """Those that it keeps: what is open for a moment is closed at another look."""
        last, same = descriptors(self._bot), 0

        def rests():
            nonlocal last, same
            now = descriptors(self._bot)
            last, same = now, same + 1 if now == last else 0
            return same >= LOOKS_AT_REST

        until(rests, "the bot opens and closes nothing", SETTLE_S)
        return last

    def regained(self, what, memory_growth_kb_max=16_384):
        """Waits until the bot holds again what it held."""
        bot = self._bot
        for name, now in (
            ("processes", processes),
            ("descriptors", descriptors),
            ("files", temporary_files),
        ):
            wanted = getattr(self, name)
            seen = []

            def as_before(seen=seen, now=now, wanted=wanted):
                seen[:] = [now(bot)]
                return seen[0] == wanted

            try:
                until(as_before, f"the {name} are as before {what}", SETTLE_S)
            except Exception:
                equal(seen[0], wanted, f"{name} {what}")
                raise
        memory_kb_max = self.memory_kb + memory_growth_kb_max
        grown = f"the bot's own memory has grown by over {memory_growth_kb_max} KiB {what}"
        until(lambda: memory_kb(bot) <= memory_kb_max, grown, SETTLE_S)
