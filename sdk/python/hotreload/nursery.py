"""The nursery: a warm Python process that forks a worker for each request on its control socket.

Started as `python3 -I -B SDK_DIR/hotreload/nursery.py --preload MODULE,…`. The control socket is
AF_UNIX SOCK_SEQPACKET, one JSON object in each packet:

    nursery -> host   {"ready":true,"pid":N}
    host -> nursery   {"fork":ID,"title":"top_users#3","env":{…},"sandbox":{…}}
                      with descriptors: socket, stdout, stderr, and those that the sandbox needs
                      (see hotreload.sandbox); `env` and `sandbox` may be missing
    nursery -> host   {"forked":ID,"pid":P}               with the child's pidfd
                      {"forked":ID,"error":"…"}           or this
    nursery -> host   {"exited":P,"status":S}             S as waitpid gives it

When the host closes the control socket the nursery ends, and its children with it.
"""

import argparse
import array
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys

SDK_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONTROL_FD = 3
PACKET_BYTES_MAX = 1 << 16
DESCRIPTORS_WANTED = 3
DESCRIPTORS_MAX = 8
DESCRIPTOR_MAX = 1 << 20
TITLE_BYTES_MAX = 15  # what the kernel keeps of a process name
SPARE_AFTER_MS = 10  # what was asked for goes first: by then it has answered
REHEARSALS = 20  # the interpreter specialises what has run eight times

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_NO_NEW_PRIVS = 38

# What most plugins import: loaded once here, shared by all workers.
COMMON_MODULES = """
    asyncio base64 collections dataclasses datetime enum functools hashlib
    html inspect io itertools json
    logging math os pathlib random re statistics string time traceback typing zoneinfo
    hotreload.worker hotreload.plain hotreload.rehearsal hotreload.sandbox
""".split()


class Child:
    """A forked process, seen from the nursery: watched by pidfd, fed once through `socket`."""

    def __init__(self, pid, pidfd, sock):
        self.pid = pid
        self.pidfd = pidfd
        self.socket = sock
        self.announced = False  # whether the host knows of it


class Nursery:
    """Keeps one child forked ahead: the pages that a fresh interpreter writes to are copied before
    anybody waits for it.
    """

    def __init__(self, control, prctl, sample):
        self._control = control
        self._prctl = prctl
        self._sample = sample  # (adapter, path): what a waiting child rehearses with, or None
        self._pid = os.getpid()
        self._spare = None
        self._children = {}  # pidfd -> Child, the spare one too
        self._poll = select.poll()  # unlike epoll it holds no descriptor that a child would inherit

    def run(self):
        """Serves until the host closes the control socket. Never returns in a child."""
        self._poll.register(self._control, select.POLLIN)
        self._send({"ready": True, "pid": self._pid})
        while True:
            # A burst of requests is served first; the spare child is for the quiet time after it.
            ready = self._poll.poll(None if self._spare else SPARE_AFTER_MS)
            if not ready:
                self._fork_spare()
            for descriptor, _ in ready:
                if descriptor != self._control.fileno():
                    self._reap(descriptor)
                elif not self._receive():
                    return

    def _receive(self):
        data, descriptors = receive_with_descriptors(self._control)
        if not data:
            return False
        try:
            self._answer(data, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _answer(self, data, descriptors):
        from hotreload import sandbox

        request = {}
        try:
            request = json.loads(data)
            number = request["fork"]
            str(request["title"])
            wanted = first_of_sandbox(request) + sandbox.descriptors_wanted(request.get("sandbox"))
            if len(descriptors) != wanted:
                raise ValueError(f"{wanted} descriptors needed, {len(descriptors)} came")
            child = self._hand_over(data, descriptors)
        except (OSError, ValueError, KeyError, TypeError) as error:
            number = request.get("fork") if isinstance(request, dict) else None
            return self._send({"forked": number, "error": f"{type(error).__name__}: {error}"})
        return self._send({"forked": number, "pid": child.pid}, [child.pidfd])

    def _hand_over(self, order, descriptors):
        """Makes the spare child, or else a fresh one, the worker that was asked for."""
        while True:
            child, self._spare = self._spare or self._fork(waits=False), None
            try:
                socket.send_fds(child.socket, [order], list(descriptors))
            except (BrokenPipeError, ConnectionResetError):  # it died while it waited
                continue
            finally:
                child.socket.close()
            child.announced = True
            return child

    def _fork_spare(self):
        try:
            self._spare = self._fork(waits=True)
        except OSError:  # no process or descriptor to be had now: the next request says so
            pass

    def _fork(self, waits):
        own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            pid = os.fork()
        except OSError:
            own.close()
            theirs.close()
            raise
        if pid == 0:
            self._become_worker(theirs.fileno(), waits)
        theirs.close()
        try:
            os.setpgid(pid, pid)  # the child does the same: whoever comes first
        except OSError:
            pass
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:  # out of descriptors: a child that cannot be watched must not live
            own.close()
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        child = self._children[pidfd] = Child(pid, pidfd, own)
        self._poll.register(pidfd, select.POLLIN)
        return child

    def _reap(self, pidfd):
        child = self._children[pidfd]
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid == 0:
            return
        self._poll.unregister(pidfd)
        del self._children[pidfd]
        os.close(pidfd)
        if child.announced:
            self._send({"exited": pid, "status": status})
        elif child is self._spare:
            self._spare = None
            child.socket.close()

    def _send(self, message, descriptors=()):
        socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors))

    def _become_worker(self, handover, waits):
        """The child: everything inherited is dropped but the interpreter, and the worker runs until
        it exits.
        """
        try:
            self._prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self._pid:  # the nursery died before the signal was asked for
                os._exit(1)
            os.setpgid(0, 0)
            self._prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            # No socket object may close a number that by then belongs to the worker.
            self._control.detach()
            os.dup2(handover, CONTROL_FD)
            os.closerange(CONTROL_FD + 1, DESCRIPTOR_MAX)
            gc.enable()
            self._wait_and_work(waits)
        except BaseException as error:
            sys.excepthook(type(error), error, error.__traceback__)
        finally:
            os._exit(1)

    def _wait_and_work(self, waits):
        import asyncio

        from hotreload import rehearsal, sandbox, worker

        loop = asyncio.new_event_loop()
        if waits and self._sample:
            rehearsal.rehearse(loop, *self._sample)
        with socket.socket(fileno=CONTROL_FD) as handover:
            data, descriptors = receive_with_descriptors(handover)
            handover.detach()
        if not data:  # the nursery has gone
            os._exit(0)
        order = json.loads(data)
        self._prctl(PR_SET_NAME, order["title"].encode()[:TITLE_BYTES_MAX], 0, 0, 0)
        sys.argv = [order["title"]]
        if "env" in order:
            os.environ.clear()
            os.environ.update(order["env"])
        for source, target in zip(descriptors, (CONTROL_FD, 1, 2)):
            os.dup2(source, target)
            os.close(source)
        if "sandbox" in order:
            sandbox.enforce(order["sandbox"], descriptors[first_of_sandbox(order) :])
        worker.main(loop)


def first_of_sandbox(order):
    """The descriptor before it, where there is one, is the lifeline: the worker and all that it
    starts are killed through it when the host has gone. It only has to stay open.
    """
    return DESCRIPTORS_WANTED + bool(order.get("lifeline"))


def receive_with_descriptors(sock):
    data, ancillary, _, _ = sock.recvmsg(
        PACKET_BYTES_MAX, socket.CMSG_SPACE(4 * DESCRIPTORS_MAX), socket.MSG_CMSG_CLOEXEC
    )
    descriptors = array.array("i")
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(payload[: len(payload) // 4 * 4])
    return data, descriptors


def prepare_process():
    """Descriptors 0 to 2 open, a clean environment, and nothing buffered that children would write
    again.
    """
    null = os.open(os.devnull, os.O_RDWR)
    while null <= 2:
        null = os.dup(null)
    os.dup2(null, 0)
    os.close(null)
    os.set_inheritable(CONTROL_FD, False)
    kept = {
        name: os.environ[name]
        for name in ("TZ", "LANG", "LC_ALL", "LC_CTYPE")
        if name in os.environ
    }
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", **kept})
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the host blocks for itself is inherited
    sys.dont_write_bytecode = True
    for name, descriptor in (
        ("stdout", 1),
        ("stderr", 2),
    ):  # None when the descriptor was closed at the start
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", closefd=False))


def load_prctl():
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.restype = ctypes.c_int
    prctl(
        PR_SET_NAME, b"nursery", 0, 0, 0
    )  # the first call binds the symbol, which a child need not do again
    return prctl


def rehearse(adapters):
    """Has this process know a worker's work before it forks any. Gives the sample that is nearest
    to the host's plugins; without one, workers start a little slower.
    """
    import asyncio

    from hotreload import rehearsal

    known = None
    for sample in rehearsal.samples(("hotreload.plain", *adapters)):
        loop = asyncio.new_event_loop()
        try:
            for _ in range(REHEARSALS):
                rehearsal.rehearse(loop, *sample)
            known = sample
        except Exception as error:
            print(f"{sample[1]}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        loop.close()
    return known


def main():
    parser = argparse.ArgumentParser(
        description="Forks Python workers for a host that speaks on fd 3."
    )
    parser.add_argument(
        "--preload", default="", help="modules to import before the first fork, with commas between"
    )
    preload = [name for name in parser.parse_args().preload.split(",") if name]
    try:
        control = socket.socket(fileno=CONTROL_FD)
    except OSError:
        sys.exit(
            "The nursery is started by its host, with the control socket as file descriptor 3."
        )
    prepare_process()
    sys.path.insert(0, SDK_DIR)
    for name in (*COMMON_MODULES, *preload):
        importlib.import_module(name)
    # Here, so that a child need not: it only puts other pipes under them.
    sys.modules["hotreload.worker"].open_streams()
    prctl = load_prctl()
    sample = rehearse(preload)
    gc.disable()  # a collection here would only make pages differ from the children's
    gc.collect()
    gc.freeze()
    try:
        Nursery(control, prctl, sample).run()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the host has gone


if __name__ == "__main__":
    main()
