"""The ways in which people and programs change a file, each as a function of the file and its new
bytes. All leave the new content under the old name; none keeps to file times.
"""

import mmap
import os
import subprocess
import tempfile
import threading

HOUR_NS = 3_600_000_000_000
PIECE_BYTES = 97


def plain(target, data):
    target.write_bytes(data)


def whole(target, data, aside):
    """In place where nothing has to be cut off, else moved there from the folder `aside`: nobody
    ever sees half of it.
    """
    if target.exists() and target.stat().st_size <= len(data):
        with open(target, "r+b", buffering=0) as file:
            file.write(data)
        return
    handle, name = tempfile.mkstemp(".save", "", aside)
    with open(handle, "wb") as file:
        file.write(data)
    os.chmod(name, 0o644)
    os.replace(name, target)


def slow(target, data):
    """Truncates, then writes piece by piece: who looks in between sees half a file."""
    pause = threading.Event()
    with open(target, "wb", buffering=0) as file:
        for at in range(0, len(data), PIECE_BYTES):
            file.write(data[at : at + PIECE_BYTES])
            pause.wait(0.001)


def twice_at_once(target, data):
    """A formatter on save: what the editor wrote is written over at once."""
    target.write_bytes(data.replace(b" ", b"  ", 1))
    target.write_bytes(data)


def synced(target, data):
    """Truncated, written, forced to disk, and its mode set again, as editors of today do."""
    with open(target, "r+b", buffering=0) as file:
        file.truncate(0)
        file.write(data)
        os.fdatasync(file.fileno())
        os.fchmod(file.fileno(), 0o644)


def renamed(target, data):
    aside = target.with_name(f".{target.name}.new")
    aside.write_bytes(data)
    os.rename(aside, target)


def renamed_an_hour_older(target, data):
    _renamed_with_time(target, data, target.stat().st_mtime_ns - HOUR_NS)


def renamed_with_the_same_time(target, data):
    _renamed_with_time(target, data, target.stat().st_mtime_ns)


def renamed_from_1970(target, data):
    _renamed_with_time(target, data, 0)


def _renamed_with_time(target, data, time_ns):
    """rsync's way: a hidden temporary name with random letters, times kept, renamed."""
    aside = target.with_name(f".{target.name}.x8Kq2Z")
    aside.write_bytes(data)
    os.utime(aside, ns=(time_ns, time_ns))
    os.rename(aside, target)


def renamed_from_elsewhere(target, data):
    """Moved in from a folder that nobody watches, beside the plugins' one."""
    folder = next(parent for parent in target.parents if parent.name == "plugins").parent
    aside = folder / "aside"
    aside.write_bytes(data)
    os.rename(aside, target)


def with_its_time_put_back(target, data):
    before = target.stat()
    target.write_bytes(data)
    os.utime(target, ns=(before.st_atime_ns, before.st_mtime_ns))


def backed_up(target, data):
    """Vim's way: the old file becomes the backup, a new one is written, the backup goes."""
    backup = target.with_name(target.name + "~")
    probe = target.with_name("4913")
    probe.write_bytes(b"")
    probe.unlink()
    os.rename(target, backup)
    target.write_bytes(data)
    target.chmod(0o644)
    backup.unlink()


def locked(target, data):
    """Emacs' way: a dangling link as a lock, an autosave file, the old file kept as a backup."""
    lock = target.with_name(f".#{target.name}")
    autosave = target.with_name(f"#{target.name}#")
    lock.symlink_to("someone@somewhere.1234")
    autosave.write_bytes(data)
    backed_up(target, data)
    autosave.unlink()
    lock.unlink()


def streamed(target, data):
    """`sed -i`: a temporary file beside it, renamed over it."""
    script = b"1{r /dev/stdin\nd\n}\n1!d\n".decode()
    command = ["sed", "-i", "-e", script, str(target)]
    subprocess.run(command, input=data, check=True, timeout=60)


def copied(target, data):
    """`cp -p` of an older file over it."""
    aside = target.with_name(".copied")
    aside.write_bytes(data)
    os.utime(aside, (1_000_000_000, 1_000_000_000))
    subprocess.run(["cp", "-p", str(aside), str(target)], check=True, timeout=60)
    aside.unlink()


def mapped(target, data):
    """Written through memory, twice: no write() call tells of it, and the second time may not
    change the file's times.
    """
    pause = threading.Event()
    with open(target, "r+b") as file:
        file.truncate(len(data))
        with mmap.mmap(file.fileno(), len(data)) as memory:
            memory[:] = data.replace(b" ", b"\t")
            pause.wait(0.1)
            memory[:] = data


def deleted_and_written(target, data):
    target.unlink()
    target.write_bytes(data)


def linked(target, data):
    """A second name of another file takes its place."""
    other = target.with_name(f".{target.name}.link")
    source = target.with_name(".linked")
    source.write_bytes(data)
    os.link(source, other)
    os.rename(other, target)
    source.unlink()


def appended(target, data):
    """The file grows by a line that means nothing, then is written whole."""
    with open(target, "ab") as file:
        file.write(b"\n")
    target.write_bytes(data)


ALL = (
    plain,
    slow,
    twice_at_once,
    synced,
    renamed,
    renamed_an_hour_older,
    renamed_with_the_same_time,
    renamed_from_1970,
    renamed_from_elsewhere,
    with_its_time_put_back,
    backed_up,
    locked,
    streamed,
    copied,
    mapped,
    deleted_and_written,
    linked,
    appended,
)
