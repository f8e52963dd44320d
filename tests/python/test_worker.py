"""The worker in a real process: loading, failing, answering, ending."""

import hashlib
import os
import pathlib
import py_compile
import signal
import unittest

from support import PluginCase, SDK_DIR

HOOK_SECONDS = 30  # the hook itself has one; the rest is patience with a busy machine
PLAIN = 'offers = [{"kind": "k", "name": "n"}]\ndef handle(offer, event):\n    return %s\n'


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Loading(PluginCase):
    def test_files_with_the_hash_of_the_bytes_read(self):
        entry = self.write("one.py", PLAIN % "1")
        worker = self.loaded(entry)
        self.assertEqual(worker.manifest["files"], [{"path": str(entry), "sha256": sha256(entry)}])
        self.assertEqual(worker.manifest["offers"], [{"kind": "k", "name": "n", "description": ""}])

    def test_stale_bytecode_with_a_lying_time_is_not_run(self):
        entry = self.write("one.py", PLAIN % "'old'")
        stamp = entry.stat().st_mtime_ns
        compiled = py_compile.compile(str(entry))
        # Same size and same time as the bytecode says: Python itself would run the old code.
        self.write("one.py", PLAIN % "'new'")
        os.utime(entry, ns=(stamp, stamp))
        before = pathlib.Path(compiled).read_bytes()
        self.assertEqual(self.loaded(entry).handle("k", "n", {}), "new")
        self.assertEqual(pathlib.Path(compiled).read_bytes(), before)

    def test_sourceless_bytecode_beside_the_plugin_is_not_imported(self):
        helper = self.write("helper.py", "VALUE = 1\n")
        py_compile.compile(str(helper), cfile=str(self.root / "helper.pyc"))
        helper.unlink()
        entry = self.write("one.py", "import helper\n" + PLAIN % "1")
        error = self.failure(self.loaded, entry)
        self.assertEqual(error.data["type"], "ModuleNotFoundError")

    def test_edits_of_the_same_size_in_the_same_second(self):
        for number in range(5):
            entry = self.write("one.py", PLAIN % number)
            os.utime(entry, (1000, 1000))
            self.assertEqual(self.loaded(entry).handle("k", "n", {}), number)

    def test_no_bytecode_is_written(self):
        entry = self.write("pack/__init__.py", "from .inner import VALUE\n" + PLAIN % "VALUE")
        self.write("pack/inner.py", "VALUE = 3\n")
        self.assertEqual(self.loaded(entry).handle("k", "n", {}), 3)
        self.assertEqual(list(self.root.rglob("*.pyc")), [])

    def test_package_with_relative_imports_siblings_and_helpers(self):
        entry = self.write(
            "pack/__init__.py",
            "from .deep.leaf import leaf\nimport helper\n"
            "from tgstats.plugins import _shared\nfrom tgstats.plugins.other import OTHER\n"
            + PLAIN % "[leaf(), helper.H, _shared.S, OTHER]",
        )
        files = [
            entry,
            self.write("pack/deep/__init__.py", ""),
            self.write(
                "pack/deep/leaf.py", "from ..near import NEAR\ndef leaf():\n    return NEAR\n"
            ),
            self.write("pack/near.py", "NEAR = 'near'\n"),
            self.write("helper.py", "H = 'h'\n"),
            self.write("_shared.py", "S = 's'\n"),
            self.write("other.py", "OTHER = 'o'\n"),
        ]
        worker = self.loaded(entry)
        self.assertEqual(worker.handle("k", "n", {}), ["near", "h", "s", "o"])
        self.assertEqual(
            {f["path"]: f["sha256"] for f in worker.manifest["files"]},
            {str(path): sha256(path) for path in files},
        )

    def test_files_opened_while_loading_are_reported_and_others_are_not(self):
        words = self.write("words.txt", "a b")
        private = self.data / "cache"
        private.write_text("x")
        entry = self.write(
            "one.py",
            "import os\nhere = os.path.dirname(__file__)\n"
            "words = open(os.path.join(here, 'words.txt')).read()\n"
            f"open({str(private)!r}).read()\n"
            "open(os.path.join(here, 'written.txt'), 'w').close()\n"
            + PLAIN % "words",
        )
        paths = {f["path"]: f["sha256"] for f in self.loaded(entry).manifest["files"]}
        self.assertEqual(paths, {str(entry): sha256(entry), str(words): sha256(words)})

    def test_a_large_file_has_a_mark_and_is_not_read(self):
        large = self.write("weights.bin", "")
        os.truncate(large, (8 << 20) + 1)
        largest_hashed = self.write("small.bin", "")
        os.truncate(largest_hashed, 8 << 20)
        entry = self.write(
            "one.py",
            "import os\nhere = os.path.dirname(__file__)\n"
            "for name in ('weights.bin', 'small.bin'):\n"
            "    open(os.path.join(here, name), 'rb').close()\n"
            + PLAIN % "1",
        )
        files = {f.pop("path"): f for f in self.loaded(entry).manifest["files"]}
        status = large.stat()
        times = f"{status.st_mtime_ns} {status.st_ctime_ns}"
        mark = f"{status.st_dev} {status.st_ino} {status.st_size} {times}"
        self.assertEqual(files[str(large)], {"mark": mark})
        self.assertEqual(files[str(largest_hashed)], {"sha256": sha256(largest_hashed)})

    def test_a_name_of_the_sdk_is_refused(self):
        error = self.failure(self.loaded, self.write("base.py", PLAIN % "1"), "tgstats.adapter")
        self.assertIn("rename base.py", error.message)


class LoadErrors(PluginCase):
    def test_syntax_error_has_its_own_place(self):
        entry = self.write("bad.py", "x = 1\ndef broken(:\n")
        error = self.failure(self.loaded, entry)
        self.assertEqual((error.code, error.data["type"]), (-32000, "SyntaxError"))
        self.assertEqual((error.data["file"], error.data["line"]), (str(entry), 2))
        self.assertEqual(error.data["text"], "def broken(:")

    def test_error_in_a_module_of_the_package(self):
        entry = self.write("pack/__init__.py", "from . import inner\n" + PLAIN % "1")
        inner = self.write("pack/inner.py", "\n\nundefined_name\n")
        error = self.failure(self.loaded, entry)
        self.assertEqual((error.data["file"], error.data["line"]), (str(inner), 3))
        self.assertIn("undefined_name", error.data["traceback"])
        self.assertNotIn(str(SDK_DIR), error.data["traceback"])

    def test_whatever_is_raised_at_import_is_a_reply(self):
        for statement, kind in (
            ("import sys; sys.exit(3)", "SystemExit"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("raise BaseException('x')", "BaseException"),
            ("class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd", "Odd"),
        ):
            with self.subTest(kind):
                worker = self.worker()
                entry = self.write("bad.py", statement + "\n")
                error = self.failure(worker.request, "load", self.load_params(entry))
                self.assertEqual((error.code, error.data["type"]), (-32000, kind))
                self.assertEqual(error.data["file"], str(entry))
                self.assertEqual(worker.finish(), 0)

    def test_a_crash_ends_the_process_with_its_signal(self):
        worker = self.worker()
        entry = self.write("bad.py", "import ctypes\nctypes.string_at(0)\n")
        with self.assertRaises(EOFError):
            worker.request("load", self.load_params(entry))
        self.assertEqual(worker.exit_status(), -signal.SIGSEGV)

    def test_requests_out_of_order_are_refused(self):
        worker = self.worker()
        self.assertEqual(self.failure(worker.handle, "k", "n", {}).code, -32600)
        entry = self.write("one.py", PLAIN % "1")
        worker.request("load", self.load_params(entry))
        self.assertEqual(self.failure(worker.request, "load", self.load_params(entry)).code, -32600)
        self.assertEqual(worker.handle("k", "n", {}), 1)


class Handling(PluginCase):
    def test_plain_and_async_functions(self):
        entry = self.write(
            "one.py",
            (
                "import asyncio\noffers = []\nasync def handle(offer, event):\n"
                "    await asyncio.sleep(0)\n    return event\n"
            ),
        )
        self.assertEqual(self.loaded(entry).handle("k", "n", {"a": ["ü"]}), {"a": ["ü"]})

    def test_an_exception_names_file_and_line_and_the_worker_serves_on(self):
        entry = self.write("one.py", PLAIN % "1 / event['by']")
        worker = self.loaded(entry)
        error = self.failure(worker.handle, "k", "n", {"by": 0})
        self.assertEqual(
            (error.data["type"], error.data["file"], error.data["line"]),
            ("ZeroDivisionError", str(entry), 3),
        )
        self.assertEqual(worker.handle("k", "n", {"by": 1}), 1)

    def test_the_traceback_shows_the_code_that_ran_after_an_edit(self):
        entry = self.write("one.py", PLAIN % "1 / event['by']")
        worker = self.loaded(entry)
        self.write("one.py", "# edited\n" * 9)
        error = self.failure(worker.handle, "k", "n", {"by": 0})
        self.assertIn("return 1 / event['by']", error.data["traceback"])

    def test_exit_in_a_handler_and_in_a_background_task(self):
        entry = self.write(
            "one.py",
            (
                "import asyncio, sys\noffers = []\nasync def stray():\n    sys.exit(4)\nasync def"
                " handle(offer, event):\n    if event['where'] == 'here':\n        sys.exit(5)\n   "
                " asyncio.create_task(stray())\n    await asyncio.sleep(0)\n    return 'done'\n"
            ),
        )
        worker = self.loaded(entry)
        self.assertEqual(
            self.failure(worker.handle, "k", "n", {"where": "here"}).data["type"], "SystemExit"
        )
        self.assertEqual(worker.handle("k", "n", {"where": "task"}), "done")
        self.assertEqual(
            self.failure(worker.handle, "k", "n", {"where": "here"}).data["type"], "SystemExit"
        )
        self.assertEqual(worker.finish(), 0)

    def test_a_result_that_is_not_json(self):
        worker = self.loaded(self.write("one.py", PLAIN % "{1, 2} if event else float('nan')"))
        for event in ({"x": 1}, {}):
            self.assertEqual(self.failure(worker.handle, "k", "n", event).code, -32000)

    def test_a_result_over_the_limit_is_an_error_and_a_big_one_is_not(self):
        worker = self.loaded(self.write("one.py", PLAIN % "'x' * event['size']"))
        self.assertEqual(self.failure(worker.handle, "k", "n", {"size": 16 << 20}).code, -32000)
        self.assertEqual(len(worker.handle("k", "n", {"size": 15 << 20})), 15 << 20)

    def test_a_result_nested_too_deep_is_an_error_and_a_flat_one_is_not(self):
        nested = "eval('[' * event['depth'] + ']' * event['depth'])"
        worker = self.loaded(self.write("one.py", PLAIN % nested))
        deepest = 63  # and the message around it
        self.assertIsInstance(worker.handle("k", "n", {"depth": deepest}), list)
        error = self.failure(worker.handle, "k", "n", {"depth": deepest + 1})
        self.assertIn("nested deeper than 64 levels", error.message)
        worker = self.loaded(self.write("two.py", PLAIN % "[[[]]] * 1000"))
        self.assertEqual(len(worker.handle("k", "n", {})), 1000)

    def test_a_lone_surrogate_is_sent_as_utf_8(self):
        worker = self.loaded(self.write("one.py", PLAIN % r"'\ud83d!'"))
        self.assertEqual(worker.handle("k", "n", {}), "?!")

    def test_logging_becomes_log_notifications(self):
        worker = self.loaded(
            self.write(
                "one.py", "import logging\n" + PLAIN % "logging.getLogger('x').warning('hot %d', 7)"
            )
        )
        worker.handle("k", "n", {})
        notice = worker.until(lambda message: message.get("method") == "log")
        self.assertEqual(
            (notice["params"]["level"], notice["params"]["message"]), ("warning", "hot 7")
        )

    def test_probe(self):
        for body, ok in (
            ("pass", True),
            ("return False", False),
            ("return 'no font'", False),
            ("1/0", False),
        ):
            worker = self.loaded(self.write("one.py", PLAIN % "1" + f"def probe():\n    {body}\n"))
            self.assertEqual(worker.request("probe", {})["ok"], ok, body)

    def test_the_plugin_writes_garbage_to_the_socket_or_closes_it(self):
        worker = self.loaded(self.write("one.py", "import os\n" + PLAIN % "os.close(3) or 1"))
        with self.assertRaises(EOFError):
            worker.handle("k", "n", {})


class Ending(PluginCase):
    def ended(self, hook, seconds):
        marker = self.data / "marker"
        entry = self.write(
            "one.py", f"import time, threading\nMARK = {str(marker)!r}\n" + PLAIN % "1" + hook
        )
        worker = self.loaded(entry)
        worker.close()
        self.assertEqual(worker.process.wait(seconds), 0)
        return marker.exists()

    def test_the_shutdown_hook_runs(self):
        self.assertTrue(self.ended("def shutdown():\n    open(MARK, 'w').close()\n", HOOK_SECONDS))
        self.assertTrue(
            self.ended("async def shutdown():\n    open(MARK, 'w').close()\n", HOOK_SECONDS)
        )

    def test_a_hook_that_hangs_or_fails_is_cut_off(self):
        for hook in (
            "def shutdown():\n    threading.Event().wait()\n",
            "def shutdown():\n    while True: pass\n",
            "def shutdown():\n    1/0\n",
        ):
            self.ended(hook, HOOK_SECONDS)

    def test_stray_threads_and_tasks_do_not_hold_the_process(self):
        self.ended(
            (
                "import asyncio\ndef initialize():\n    threading.Thread(target=time.sleep,"
                " args=(600,)).start()\n   "
                " asyncio.get_running_loop().create_task(asyncio.sleep(600))\n"
            ),
            HOOK_SECONDS,
        )


if __name__ == "__main__":
    unittest.main()
