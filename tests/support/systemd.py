"""A systemd of one's own, as process 1 of a machine within the machine: its processes, mounts,
groups (cgroup v2) and name are apart, its network is ours. What it writes to /run, /var/lib,
/var/log, /etc and /usr/local is gone with it. Needs root.

    with Machine(folder) as machine:
        machine.run("systemctl", "start", "tgstats")
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

from bot import DEADLINE_S, Failed, equal, true, until
from processes import alive, descendants

PROGRAM = "/usr/lib/systemd/systemd"
NEEDED = (PROGRAM, "systemctl", "unshare", "nsenter", "setpriv", "mount")

# Before its processes are apart: a group of its own within ours, removed at the end.
OUTSIDE = """set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/groups
mount -t cgroup2 none /run/groups
group=/run/groups$(sed -n 's/^0:://p' /proc/self/cgroup)/tgstats-$$
mkdir "$group"
trap 'find "$group" -depth -type d -exec rmdir {} +' EXIT
(
    echo $BASHPID > "$group/cgroup.procs"
    exec unshare --cgroup --pid --fork --kill-child --mount-proc bash -c "$1" bash
)
"""
# systemd sets what holds for the whole machine (/proc/sys) unless it cannot.
INSIDE = """set -e
umount /run/groups
mount -t tmpfs -o mode=755 tmpfs /run
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -o bind,ro /sys /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -o bind,ro /proc/sys /proc/sys
for folder in /var/lib /var/log /usr/local; do mount -t tmpfs -o mode=755 tmpfs $folder; done
mkdir -p /run/etc/upper /run/etc/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work /etc
mkdir -p /run/units
for unit in default sysinit basic shutdown network-online multi-user; do
    printf '[Unit]\\nDescription=%s\\n' $unit > /run/units/$unit.target
done
export container=tgstats SYSTEMD_UNIT_PATH=/etc/systemd/tgstats:/run/units
mkdir -p /etc/systemd/tgstats
exec "$SYSTEMD" --system --unit=default.target --show-status=no --crash-shell=no --crash-reboot=no \
    --log-target=console --log-level=notice
"""


def missing():
    """Why there can be none here; empty if there can."""
    absent = [program for program in NEEDED if shutil.which(program) is None]
    if absent:
        return f"{', '.join(absent)} is not here"
    if os.geteuid() != 0:
        return "only root can start a systemd"
    tried = subprocess.run(
        ["unshare", "--mount", "--uts", "--ipc", "bash", "-c", OUTSIDE, "bash", INSIDE],
        env={**os.environ, "SYSTEMD": "/bin/true"},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    return f"this machine has no room for another: {tried.stderr}" if tried.returncode else ""


class Machine:
    UNITS = "/etc/systemd/tgstats"

    def __init__(self, folder):
        self._printed = pathlib.Path(folder) / "systemd.log"
        with open(self._printed, "wb") as log:
            self._outside = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "--uts", "--ipc"]
                + ["bash", "-c", OUTSIDE, "bash", INSIDE],
                env={**os.environ, "SYSTEMD": PROGRAM},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._first = None

    def __enter__(self):
        try:
            self._first = until(self._started, "systemd is there")
            until(self._listens, "systemd can be asked")
        except BaseException:
            print(self.printed())
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def _started(self):
        true(self._outside.poll() is None, f"systemd has not started:\n{self.printed()}")
        for pid in descendants(self._outside.pid):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/exe") == PROGRAM:
                    return pid
        return None

    def _listens(self):
        return self.run("systemctl", "list-units", check=False).returncode == 0

    def end(self):
        """With its first process all end."""
        for pid in [self._first] if self._first else descendants(self._outside.pid):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        self._outside.wait(DEADLINE_S)

    def printed(self):
        return self._printed.read_text(errors="replace")

    def run(self, *words, check=True, **options):
        """Runs a program in there, as root."""
        inside = ["nsenter", "--target", str(self._first), "--mount", "--uts", "--ipc", "--pid"]
        done = subprocess.run(
            [*inside, "--cgroup", *map(str, words)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
            **options,
        )
        if check:
            equal(done.returncode, 0, f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
        return done

    def path(self, inside):
        """Where a file of it is for us."""
        return pathlib.Path(f"/proc/{self._first}/root") / str(inside).lstrip("/")

    def show(self, unit, name):
        """A property of a unit."""
        shown = self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()
        if not shown and name != "StatusText":
            raise Failed(f"{unit} has no {name}")
        return shown
