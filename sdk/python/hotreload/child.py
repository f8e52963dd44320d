"""The child's side of the nursery: what a forked process does until it is the worker that was asked
for.
"""

import array
import gc
import json
import os
import signal
import socket
import sys

from hotreload import rehearsal, sandbox, worker

CONTROL_FD = 3
PACKET_BYTES_MAX = 1 << 16
DESCRIPTORS_WANTED = 3
DESCRIPTORS_MAX = 8
DESCRIPTOR_MAX = 1 << 20
TITLE_BYTES_MAX = 15  # what the kernel keeps of a process name

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

prctl = sandbox.libc.prctl


class Order:
    """A request for a worker, and the descriptors that came with it: socket, stdout, stderr, then
    the lifeline where there is one, then those of the sandbox. `error` says what is wrong with it.
    """

    def __init__(self, data, descriptors):
        self.data = data
        self.descriptors = list(descriptors)
        self.number = None
        self.error = None
        self.child = None  # who does it
        try:
            self.request = json.loads(data)
            self.number = self.request["fork"]
            self.title = self.request["title"].encode()[:TITLE_BYTES_MAX]
            self.sandbox = self.request.get("sandbox")
            self.filter = sandbox.filter_code(self.sandbox) if self.sandbox else b""
            self._check()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.fail(error)

    def _check(self):
        wanted = self.sandbox_first + sandbox.descriptors_wanted(self.sandbox)
        if len(self.descriptors) != wanted:
            raise ValueError(f"{wanted} descriptors needed, {len(self.descriptors)} came")

    @property
    def sandbox_first(self):
        """The lifeline before it only has to stay open: the worker and all that it starts are
        killed through it when the host has gone.
        """
        return DESCRIPTORS_WANTED + bool(self.request.get("lifeline"))

    def fail(self, error):
        self.error = f"{type(error).__name__}: {error}"

    def close(self):
        while self.descriptors:
            os.close(self.descriptors.pop())


def receive(sock, flags=0):
    """A packet and its descriptors."""
    data, ancillary, _, _ = sock.recvmsg(
        PACKET_BYTES_MAX, socket.CMSG_SPACE(4 * DESCRIPTORS_MAX), flags | socket.MSG_CMSG_CLOEXEC
    )
    descriptors = array.array("i")
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(payload[: len(payload) // 4 * 4])
    return data, descriptors


def work_at_once(nursery, order):
    """For a child that was forked for this order. Never returns."""
    _to_the_end(_work_at_once, nursery, order)


def wait_for_work(nursery, handover, sample):
    """For a child that was forked ahead: rehearses, and waits for its order. Never returns."""
    _to_the_end(_wait_for_work, nursery, handover, sample)


def _to_the_end(function, *arguments):
    try:
        function(*arguments)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        os._exit(1)


def _work_at_once(nursery, order):
    _leave(nursery)
    for source, target in zip(order.descriptors, (CONTROL_FD, 1, 2)):
        os.dup2(source, target)
    _close_all_but(order.descriptors[DESCRIPTORS_WANTED:])
    nursery.loop.open()
    _work(nursery, order)


def _wait_for_work(nursery, handover, sample):
    _leave(nursery)
    os.dup2(handover, CONTROL_FD)
    _close_all_but([])
    nursery.loop.open()
    if sample:
        rehearsal.rehearse(nursery.loop, *sample)
    with socket.socket(fileno=CONTROL_FD) as sock:
        data, descriptors = receive(sock)
        sock.detach()
    if not data:  # the nursery has gone
        os._exit(0)
    for source, target in zip(descriptors, (CONTROL_FD, 1, 2)):
        os.dup2(source, target)
        os.close(source)
    _work(nursery, Order(data, descriptors))


def _leave(nursery):
    """Everything inherited is dropped but the interpreter."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != nursery.pid:  # it died before the signal was asked for
        os._exit(1)
    os.setpgid(0, 0)
    # No socket object may close a number that by then belongs to the worker.
    nursery.control.detach()
    gc.enable()


def _close_all_but(kept):
    first = CONTROL_FD + 1
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, DESCRIPTOR_MAX)


def _work(nursery, order):
    prctl(PR_SET_NAME, order.title, 0, 0, 0)
    sys.argv = [order.request["title"]]
    if "env" in order.request:
        _set_environment(nursery.environment, order.request["env"])
    if order.sandbox:
        descriptors = order.descriptors[order.sandbox_first :]
        sandbox.enforce(order.sandbox, order.filter, descriptors)
    worker.main(nursery.loop)


def _set_environment(inherited, wanted):
    """Only what differs, as each variable costs the copies of some pages."""
    for name in inherited:
        if name not in wanted:
            del os.environ[name]
    for name, value in wanted.items():
        if inherited.get(name) != value:
            os.environ[name] = value
