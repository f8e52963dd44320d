"""The nursery: forks, reports ends, and goes when the host goes."""

import asyncio
import json
import logging
import os
import pathlib
import select
import signal
import sys
import unittest

from support import Nursery, PluginCase, readable, wait_until

import tgstats.adapter
from hotreload import plain, rehearsal

PLAIN = """
import glob, os, random, resource, signal
offers = []
def handle(offer, event):
    return {
        'pid': os.getpid(),
        'group': os.getpgid(0),
        'random': random.random(),
        'fds': sorted(map(int, os.listdir('/proc/self/fd'))),
        'lifelines': [
            name for name in map(os.path.realpath, glob.glob('/proc/self/fd/*'))
            if 'lifeline' in name
        ],
        'environ': dict(os.environ),
        'status': open('/proc/self/status').read(),
        'limits': [
            resource.getrlimit(limit)[0] for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_DATA)
        ],
        'cwd': os.getcwd(),
        'stdin': os.readlink('/proc/self/fd/0'),
        'titles': titles(),
        'sigint': signal.getsignal(signal.SIGINT) is signal.SIG_DFL,
        'printed': print('hello', end=''),
    }
"""

# What a plugin finds when it looks through its own process.
PLAIN += """
def titles():
    import gc
    found = set()
    for thing in gc.get_objects():
        if type(thing).__name__ == 'Order':
            found.add(thing.title.decode())
        elif isinstance(thing, dict) and 'fork' in thing:
            found.add(thing['title'])
    return sorted(found)
"""

TRACES = (
    "import linecache, logging, sys\noffers = []\ndef handle(offer, event):\n    root ="
    " logging.getLogger()\n    return {'handlers': len(root.handlers), 'level': root.level, 'path':"
    " sys.path, 'hooks': len(sys.path_hooks), 'importers': sorted(sys.path_importer_cache),"
    " 'lines': sorted(linecache.cache), 'modules': [name for name in sys.modules if 'rehearsed' in"
    " name]}\n"
)


class Rehearsing(unittest.TestCase):
    def test_every_sample_plays_its_life_and_leaves_no_module(self):
        before = (list(sys.path), list(sys.path_hooks), logging.getLogger().handlers[:])
        played = list(rehearsal.samples((plain.__name__, tgstats.adapter.__name__)))
        self.assertEqual([adapter for adapter, _ in played], ["hotreload.plain", "tgstats.adapter"])
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        for sample in played:
            rehearsal.rehearse(loop, *sample)
        self.assertNotIn(rehearsal.MODULE, sys.modules)
        self.assertEqual(
            (list(sys.path), list(sys.path_hooks), logging.getLogger().handlers), before
        )


class Forking(PluginCase):
    def setUp(self):
        super().setUp()
        self.nursery = Nursery()
        self.addCleanup(self.nursery.process.kill)
        self.addCleanup(self.nursery.control.close)

    def fork(self, number=1, title="test#1", **more):
        reply, pidfds, sock, out, err = self.nursery.fork(number, title, **more)
        self.assertEqual(reply["forked"], number, reply)
        for thing in (sock, out, err):
            self.addCleanup(thing.close)
        for pidfd in pidfds:
            self.addCleanup(os.close, pidfd)
        return reply["pid"], pidfds, sock, out, err

    def children(self):
        nursery = self.nursery.process.pid
        return pathlib.Path(f"/proc/{nursery}/task/{nursery}/children").read_text()

    def ask(self, sock, method, params):
        sock.sendall(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            + b"\n"
        )
        data = b""
        while not data.endswith(b"\n"):
            self.assertTrue(readable(sock))
            chunk = sock.recv(1 << 16)
            self.assertTrue(chunk, "the worker closed the socket")
            data += chunk
        return json.loads(data)["result"]

    def facts(self, sock):
        self.ask(sock, "load", self.load_params(self.write("one.py", PLAIN)))
        return self.ask(sock, "handle", {"offer": {}, "event": {}})

    def test_ready_names_its_process(self):
        self.assertEqual(self.nursery.greeting, {"ready": True, "pid": self.nursery.process.pid})

    def test_a_child_is_clean_and_answers(self):
        pid, pidfds, sock, out, _ = self.fork(title="test#12345678901234567890")
        self.assertEqual(len(pidfds), 1)
        facts = self.facts(sock)
        self.assertEqual((facts["pid"], facts["group"], facts["stdin"]), (pid, pid, "/dev/null"))
        self.assertEqual(facts["cwd"], str(self.data))
        self.assertTrue(facts["sigint"])
        # 0 to 3, the loop's epoll and its pair of sockets, and the listing itself.
        self.assertEqual(facts["fds"][:4], [0, 1, 2, 3])
        self.assertLessEqual(len(facts["fds"]), 8)
        self.assertLessEqual(facts["environ"].keys(), {"PATH", "LANG", "TZ", "LC_ALL", "LC_CTYPE"})
        self.assertIn("NoNewPrivs:\t1", facts["status"])
        self.assertIn("Name:\ttest#1234567890\n", facts["status"])
        self.assertEqual(os.read(out.fileno(), 100), b"hello")  # flushed although no line ended

    def test_two_children_differ_in_their_random_numbers(self):
        _, _, first, _, _ = self.fork(1)
        _, _, second, _, _ = self.fork(2)
        self.assertNotEqual(self.facts(first)["random"], self.facts(second)["random"])

    def test_the_end_is_reported_with_its_status(self):
        pid, pidfds, sock, _, _ = self.fork(1)
        sock.close()
        self.assertEqual(self.nursery.receive()[0], {"exited": pid, "status": 0})
        self.assertTrue(select.select(pidfds, [], [], 0)[0])
        pid, pidfds, _, _, _ = self.fork(2)
        signal.pidfd_send_signal(pidfds[0], signal.SIGKILL)
        self.assertEqual(self.nursery.receive()[0], {"exited": pid, "status": signal.SIGKILL})

    def test_a_burst_of_requests_makes_a_worker_for_each_and_names_the_bad_one(self):
        ours = {}
        # They wait for it together.
        os.kill(self.nursery.process.pid, signal.SIGSTOP)
        for number in range(20):
            lifeline = self.folder / f"lifeline{number}"
            lifeline.touch()
            descriptor = os.open(lifeline, os.O_RDONLY)
            ours[number] = self.nursery.order(
                number, f"test#{number}", [descriptor], env={"HOME": f"/{number}"}, lifeline=True
            )
            os.close(descriptor)
            for thing in ours[number]:
                self.addCleanup(thing.close)
            if number == 10:
                self.nursery.control.send(b'{"fork":99,"title":"no descriptors"}')
        os.kill(self.nursery.process.pid, signal.SIGCONT)
        pids = {}
        for _ in range(21):
            reply, pidfds = self.nursery.receive()
            for pidfd in pidfds:
                self.addCleanup(os.close, pidfd)
            pids[reply["forked"]] = reply.get("pid", reply.get("error"))
        self.assertIn("3 descriptors needed", pids.pop(99))
        self.assertEqual(len(set(pids.values())), 20)
        params = self.load_params(self.write("one.py", PLAIN))
        for number, (sock, _, _) in ours.items():
            self.ask(sock, "load", params)
            facts = self.ask(sock, "handle", {"offer": {}, "event": {}})
            self.assertEqual((facts["pid"], facts["group"]), (pids[number], pids[number]))
            self.assertEqual(facts["environ"], {"HOME": f"/{number}"})
            self.assertIn(f"Name:\ttest#{number}\n", facts["status"])
            self.assertLessEqual(len(facts["fds"]), 9, "nothing of the others")
            self.assertEqual(facts["lifelines"], [str(self.folder / f"lifeline{number}")])
            self.assertEqual(facts["titles"], [f"test#{number}"], "nothing of the others")

    def test_a_packet_without_descriptors_or_sense_is_answered(self):
        self.nursery.control.send(b'{"fork":7,"title":"x"}')
        reply = self.nursery.receive()[0]
        self.assertEqual(reply["forked"], 7)
        self.assertIn("3 descriptors needed", reply["error"])
        self.nursery.control.send(b"nonsense")
        self.assertIn("error", self.nursery.receive()[0])
        self.fork(8)

    def test_the_order_says_environment_and_limits(self):
        order = {
            "landlock": False,
            "supervised": False,
            "filter": "",
            "limits": {"RLIMIT_NOFILE": 77, "RLIMIT_DATA": 1 << 30},
        }
        _, _, sock, _, _ = self.fork(env={"HOME": "/nowhere", "TMPDIR": "/x"}, sandbox=order)
        facts = self.facts(sock)
        self.assertEqual(facts["environ"], {"HOME": "/nowhere", "TMPDIR": "/x"})
        self.assertEqual(facts["limits"], [77, 1 << 30])

    def test_a_sandbox_that_cannot_be_applied_ends_the_worker(self):
        order = {"landlock": False, "supervised": False, "filter": "AAAAAAAAAAA=", "limits": {}}
        pid, _, sock, _, err = self.fork(sandbox=order)
        self.assertEqual(self.nursery.receive()[0], {"exited": pid, "status": 1 << 8})
        self.assertIn(b"the sandbox cannot hold the system calls: Invalid argument", err.read())
        self.assertEqual(sock.recv(100), b"")

    def test_a_sandbox_comes_with_its_descriptors(self):
        order = {"landlock": True, "supervised": True, "filter": "", "limits": {}}
        reply, _, *ours = self.nursery.fork(5, sandbox=order)
        for thing in ours:
            thing.close()
        self.assertIn("5 descriptors needed, 3 came", reply["error"])

    def test_a_worker_that_goes_down_takes_nobody_with_it(self):
        _, _, kept, _, _ = self.fork(1)
        _, pidfds, _, _, _ = self.fork(2)
        signal.pidfd_send_signal(pidfds[0], signal.SIGSEGV)
        self.assertEqual(self.nursery.receive()[0]["status"] & 0x7F, signal.SIGSEGV)
        self.facts(kept)

    def test_when_the_host_closes_the_nursery_and_its_children_go(self):
        pid, pidfds, sock, _, _ = self.fork(1)
        self.facts(sock)
        self.assertEqual(self.nursery.stop(), 0)
        self.assertTrue(readable(pidfds[0]))

    def test_when_the_nursery_is_killed_its_children_go(self):
        pid, pidfds, sock, _, _ = self.fork(1)
        self.facts(sock)
        self.nursery.process.kill()
        self.assertTrue(readable(pidfds[0]))

    def test_a_spare_child_that_dies_is_replaced_and_not_reported(self):
        wait_until(self.children)
        spare = int(self.children())
        pidfd = os.pidfd_open(spare)
        self.addCleanup(os.close, pidfd)
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        self.assertTrue(readable(pidfd))
        pid, _, sock, _, _ = self.fork(1)
        self.assertNotEqual(pid, spare)
        self.assertEqual(self.facts(sock)["pid"], pid)
        sock.close()
        self.assertEqual(self.nursery.receive()[0], {"exited": pid, "status": 0})

    def test_the_spare_child_is_the_next_worker(self):
        wait_until(self.children)
        spare = int(self.children())
        self.assertEqual(self.fork(1)[0], spare)

    def test_a_child_that_has_rehearsed_is_as_one_that_has_not(self):
        wait_until(self.children)
        traces = []
        for number in (1, 2):  # the second request finds no spare child
            _, _, sock, _, _ = self.fork(number)
            loaded = self.ask(sock, "load", self.load_params(self.write("one.py", TRACES)))
            self.assertEqual([pathlib.Path(f["path"]).name for f in loaded["files"]], ["one.py"])
            traces.append(self.ask(sock, "handle", {"offer": {}, "event": {}}))
        self.assertEqual(traces[0], traces[1])
        self.assertEqual((traces[0]["handlers"], traces[0]["modules"]), (1, []))

    def test_no_descriptor_is_leaked(self):
        folder = pathlib.Path(f"/proc/{self.nursery.process.pid}/fd")
        before = len(list(folder.iterdir()))
        for number in range(20):
            _, _, sock, _, _ = self.fork(number)
            sock.close()
            self.nursery.receive()
        # The spare child, forked ahead, has two: its socket and its pidfd.
        wait_until(lambda: len(list(folder.iterdir())) <= before + 2)


if __name__ == "__main__":
    unittest.main()
