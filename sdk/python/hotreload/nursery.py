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
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys

SDK_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, SDK_DIR)

from hotreload import child, rehearsal, sandbox, worker  # noqa: E402  the path above comes first

SPARE_AFTER_MS = 10  # what was asked for goes first: by then it has answered
FORKS_AT_ONCE = 8  # after each fork the pages that this process uses are copied anew
OUT_OF_MEMORY_OFFER = 500  # thousandths of the machine's memory, as the host's own child has it
OUT_OF_MEMORY_SCORE_MAX = 1000
REHEARSALS = 20  # the interpreter specialises what has run eight times

# What most plugins import: loaded once here, shared by all workers.
COMMON_MODULES = """
    asyncio base64 collections dataclasses datetime enum functools hashlib
    html inspect io itertools json
    logging math os pathlib random re statistics string time traceback typing zoneinfo
    hotreload.plain
""".split()


class Child:
    """A forked process, seen from the nursery: watched by pidfd. The spare one is fed once through
    `socket`.
    """

    def __init__(self, pid, sock=None):
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        self.socket = sock
        self.announced = False  # whether the host knows of it


class Forked(BaseException):
    """Raised in a child, which so leaves the nursery's frames and what they hold of others."""

    def __init__(self, function, *arguments):
        super().__init__()
        self.work = functools.partial(function, *arguments)


class OutOfMemoryScore:
    """How early the kernel ends this process when there is no memory left. Children inherit it, so
    the nursery raises its own while it forks: each of them would do it at the price of copied
    pages. They go first then, not the nursery or the host.
    """

    def __init__(self):
        try:
            self._file = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
            self._own = int(os.read(self._file, 16))
        except OSError:  # no /proc
            self._file = None

    def raise_for_children(self):
        if self._file is not None:
            self._write(min(self._own + OUT_OF_MEMORY_OFFER, OUT_OF_MEMORY_SCORE_MAX))

    def restore(self):
        """Never in a child: the file is the nursery's."""
        if self._file is not None:
            self._write(self._own)

    def _write(self, score):
        try:
            os.write(self._file, b"%d" % score)
        except OSError:  # where it cannot be changed, nothing depends on it
            pass


class Nursery:
    """Keeps one child forked ahead: the pages that a fresh interpreter writes to are copied before
    anybody waits for it.
    """

    def __init__(self, control, loop, sample):
        self.control = control
        self.pid = os.getpid()
        self.loop = loop  # each child's own, once it has been opened
        self.environment = dict(os.environ)  # what each child begins with
        self._sample = sample  # (adapter, path): what a waiting child rehearses with, or None
        self._spare = None
        self._children = {}  # pidfd -> Child, the spare one too
        self._out_of_memory = OutOfMemoryScore()
        self._poll = select.poll()  # unlike epoll it holds no descriptor that a child would inherit

    def run(self):
        """Serves until the host closes the control socket. In a child it raises Forked."""
        self._poll.register(self.control, select.POLLIN)
        self._send({"ready": True, "pid": self.pid})
        while True:
            # A burst of requests is served first; the spare child is for the quiet time after it.
            ready = self._poll.poll(None if self._spare else SPARE_AFTER_MS)
            if not ready:
                self._fork_spare()
            for descriptor, _ in ready:
                if descriptor != self.control.fileno():
                    self._reap(descriptor)
                elif not self._serve():
                    return

    def _serve(self):
        """Answers what has been asked for; False when the host has gone."""
        orders = []
        try:
            while len(orders) < FORKS_AT_ONCE:
                data, descriptors = child.receive(self.control, socket.MSG_DONTWAIT)
                if not data:
                    return False
                orders.append(child.Order(data, descriptors))
        except BlockingIOError:
            pass
        self._start([order for order in orders if order.error is None])
        for order in orders:
            order.close()
            self._answer(order)
        return True

    def _start(self, orders):
        """Makes the spare child, or else a fresh one, the worker that each asks for."""
        if orders and self._hand_over(orders[0]):
            orders = orders[1:]
        if not orders:
            return
        self._out_of_memory.raise_for_children()
        # Nothing in between: see FORKS_AT_ONCE.
        forked = [(order, self._fork(order)) for order in orders]
        self._out_of_memory.restore()
        for order, pid in forked:
            if pid is not None:
                order.child = self._adopt(pid, order.fail)

    def _hand_over(self, order):
        spare, self._spare = self._spare, None
        if spare is None:
            return False
        try:
            socket.send_fds(spare.socket, [order.data], order.descriptors)
        except OSError:  # it died while it waited
            return False
        finally:
            spare.socket.close()
        order.child = spare
        return True

    def _fork(self, order):
        try:
            pid = os.fork()
        except OSError as error:
            order.fail(error)
            return None
        if pid == 0:
            raise Forked(child.work_at_once, self, order)
        return pid

    def _fork_spare(self):
        """Where no process or descriptor is to be had now, the next request says so."""
        try:
            own, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError:
            return
        self._out_of_memory.raise_for_children()
        try:
            pid = os.fork()
        except OSError:
            pid = None
        if pid == 0:
            raise Forked(child.wait_for_work, self, theirs.detach(), self._sample)
        self._out_of_memory.restore()
        if pid is None:
            own.close()
            theirs.close()
            return
        theirs.close()
        self._spare = self._adopt(pid, lambda _: own.close(), own)

    def _adopt(self, pid, fail, sock=None):
        try:
            os.setpgid(pid, pid)  # the child does the same: whoever comes first
        except OSError:
            pass
        try:
            forked = Child(pid, sock)
        except OSError as error:  # no descriptor: a child that cannot be watched must not live
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            fail(error)
            return None
        self._children[forked.pidfd] = forked
        self._poll.register(forked.pidfd, select.POLLIN)
        return forked

    def _answer(self, order):
        if order.child is None:
            return self._send({"forked": order.number, "error": order.error})
        order.child.announced = True
        return self._send({"forked": order.number, "pid": order.child.pid}, [order.child.pidfd])

    def _reap(self, pidfd):
        forked = self._children[pidfd]
        pid, status = os.waitpid(forked.pid, os.WNOHANG)
        if pid == 0:
            return
        self._poll.unregister(pidfd)
        del self._children[pidfd]
        os.close(pidfd)
        if forked.announced:
            self._send({"exited": pid, "status": status})
        elif forked is self._spare:
            self._spare = None
            forked.socket.close()

    def _send(self, message, descriptors=()):
        socket.send_fds(self.control, [json.dumps(message).encode()], list(descriptors))


def prepare_process():
    """Descriptors 0 to 2 open, a clean environment, and nothing buffered that children would write
    again.
    """
    null = os.open(os.devnull, os.O_RDWR)
    while null <= 2:
        null = os.dup(null)
    os.dup2(null, 0)
    os.close(null)
    os.set_inheritable(child.CONTROL_FD, False)
    kept = {
        name: os.environ[name]
        for name in ("TZ", "LANG", "LC_ALL", "LC_CTYPE")
        if name in os.environ
    }
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", **kept})
    child.prctl(child.PR_SET_NAME, b"nursery", 0, 0, 0)
    child.prctl(sandbox.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # children inherit it
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the workers have it
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the host blocks for itself is inherited
    sys.dont_write_bytecode = True
    for name, descriptor in (
        ("stdout", 1),
        ("stderr", 2),
    ):  # None when the descriptor was closed at the start
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", closefd=False))


def rehearse(adapters):
    """Has this process know a worker's work before it forks any. Gives the sample that is nearest
    to the host's plugins; without one, workers start a little slower.
    """
    known = None
    for sample in rehearsal.samples(("hotreload.plain", *adapters)):
        loop = worker.Loop()
        loop.open()
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
        control = socket.socket(fileno=child.CONTROL_FD)
    except OSError:
        sys.exit(
            "The nursery is started by its host, with the control socket as file descriptor 3."
        )
    prepare_process()
    for name in (*COMMON_MODULES, *preload):
        importlib.import_module(name)
    # Here, so that a child need not: it only puts other pipes under them.
    worker.open_streams()
    worker.open_log()
    sample = rehearse(preload)
    loop = worker.Loop()
    gc.disable()  # a collection here would only make pages differ from the children's
    gc.collect()
    gc.freeze()
    work = None
    try:
        Nursery(control, loop, sample).run()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the host has gone
    except Forked as forked:
        work = forked.work
    if work:
        work()


if __name__ == "__main__":
    main()
