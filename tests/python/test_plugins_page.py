"""Every example of docs/plugins.md is taken from the page, loaded in a real worker, and used."""

import base64
import os
import pathlib
import re
import subprocess
import unittest

from support import DEADLINE_SECONDS, PROJECT, Kept, PluginCase, RpcFailure, Worker

PAGE = PROJECT / "docs" / "plugins.md"
BINARY_DIR = pathlib.Path(os.environ.get("BINARY_DIR", PROJECT / "build" / "release"))
BLOCK = re.compile(r"^```(\w+) plugins/(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY_CODE = re.compile(r"^```(?:python|cpp)\b", re.MULTILINE)
CHAT = {"id": -100123, "type": "supergroup", "title": "Tests"}
ANN = {"id": 5, "is_bot": False, "first_name": "Ann"}


def blocks():
    return {name: text for _, name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8"))}


def texts(effects):
    return [effect["params"].get("text") for effect in effects]


def updates(*of):
    return {"updates": list(of), "bot": {"id": 1}, "now": 1794737344}


class Examples(PluginCase):
    """One test for each plugin of the page; `tried` is compared with what the page has."""

    def setUp(self):
        super().setUp()
        for name, text in blocks().items():
            self.write(name, text)
        self.kept = Kept()

    def example(self, name, calls=None, config=None):
        entry = self.root / name
        native = entry.suffix == ".cpp"
        command = [str(BINARY_DIR / "hotreload-native-worker")] if native else None
        worker = Worker({**self.kept.calls(), **(calls or {})}, command)
        self.addCleanup(worker.__exit__)
        params = self.load_params(entry, "tgstats.adapter", config)
        if native:
            params.update(language="cpp", entry=str(self.compiled(entry)))
        worker.manifest = worker.request("load", params)
        self.assertEqual(worker.request("probe", {}), {"ok": True})
        self.assertEqual(worker.manifest["author"], "you")
        return worker

    def compiled(self, entry):
        sdk = PROJECT / "sdk" / "cpp"
        artifact = self.folder / f"{entry.stem}.so"
        needs = []
        if entry.stem == "badge":
            config = entry.with_name("plugin.yaml").read_text(encoding="utf-8")
            names = re.search(r"packages: \[([\w, -]+)\]", config)[1].split(", ")
            needs = self.run_program("pkg-config", "--cflags", "--libs", *names).split()
        flags = ["-std=c++20", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", f"-I{sdk}"]
        flags.append("-Wl,--no-undefined")
        self.run_program("c++", *flags, "-o", str(artifact), str(entry), *needs)
        return artifact

    def run_program(self, *command):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=4 * DEADLINE_SECONDS, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    # --- one for each -----------------------------------------------------------------------------

    def test_hello(self):
        for name in ("hello.py", "hello.cpp"):
            worker = self.example(name)
            self.assertIn("Ann", texts(worker.command("hello"))[0], name)

    def test_roll(self):
        worker = self.example("roll.py", config={"sides": 2})
        effect = worker.command("roll")[0]["params"]
        self.assertIn(effect["text"], ("🎲 <b>1</b>", "🎲 <b>2</b>"))
        self.assertEqual(effect["reply_parameters"], {"message_id": 7})
        self.assertIn("Usage", texts(worker.command("roll", "1"))[0])

    def test_pick(self):
        worker = self.example("pick.cpp", config={"most": 1})
        self.assertEqual(texts(worker.command("pick")), ["<b>1</b>"])
        self.assertIn("Usage", texts(worker.command("pick", "x"))[0])

    def test_weekend(self):
        counts = {"total": 10, "counts": [1, 1, 1, 1, 1, 2, 3]}
        worker = self.example("weekend.py", {"store.activity": lambda params: counts})
        event = {"chat_id": -100123, "params": {"days": 7}}
        answer = worker.handle("statistic", "weekend_share", event)
        self.assertEqual(answer, {"result": {"share": 0.5}})
        self.assertEqual(worker.asked[0][1], {"by": "weekday", "days": 7, "chat_id": -100123})

    def test_night(self):
        counts = {"total": 10, "counts": list(range(24))}
        worker = self.example("night.cpp", {"store.activity": lambda params: counts})
        event = {"chat_id": -100123, "params": {}}
        answer = worker.handle("statistic", "night_messages", event)
        self.assertEqual(answer, {"result": {"count": 15}})

    def test_thanks(self):
        worker = self.example("thanks.py")
        other = {"message_id": 1, "chat": CHAT, "from": ANN, "text": "look"}
        said = {"message_id": 2, "chat": CHAT, "from": ANN, "text": "Thanks!"}
        batch = updates(
            {"update_id": 1, "message": {**said, "reply_to_message": other}},
            {"update_id": 2, "message": said},
            {"update_id": 3, "channel_post": {"message_id": 3, "chat": CHAT, "text": "thanks"}},
            {"update_id": 4, "message": {**said, "reply_to_message": other}},
        )
        self.assertEqual(worker.handle("observer", "message", batch), {"effects": []})
        self.assertEqual(self.kept, {"-100123/5": 2})
        self.assertEqual(texts(worker.command("thanks")), ["You were thanked 2 times"])

    def test_welcome(self):
        worker = self.example("welcome.cpp")
        came = {"update_id": 1, "chat_member": {"chat": CHAT, "from": ANN, "date": 1}}
        came["chat_member"]["new_chat_member"] = {"user": ANN, "status": "member"}
        left = {"update_id": 2, "chat_member": {"chat": CHAT, "from": ANN, "date": 1}}
        left["chat_member"]["new_chat_member"] = {"user": ANN, "status": "left"}
        effects = worker.handle("observer", "member", updates(came, left, came))["effects"]
        self.assertEqual(
            [effect["params"] for effect in effects],
            [
                {"chat_id": -100123, "text": "Welcome, Ann! You are guest 1"},
                {"chat_id": -100123, "text": "Welcome, Ann! You are guest 2"},
            ],
        )

    def test_tally(self):
        worker = self.example("tally.py")
        self.assertEqual(worker.manifest["state_version"], 2)
        migrated = worker.request("migrate", {"from": 1, "to": 2, "state": {"count": 12}})
        self.assertEqual(migrated, {"state": {"counts": {"all": 12}}})
        self.kept.update(migrated["state"])
        self.assertEqual(texts(worker.command("tally")), ["13 so far"])
        self.assertEqual(self.kept, {"counts": {"all": 13}})

    def test_record(self):
        worker = self.example("record.cpp")
        migrated = worker.request("migrate", {"from": 1, "to": 2, "state": {"best": 7}})
        self.assertEqual(migrated, {"state": {"record": 7}})
        self.kept.update(migrated["state"])
        self.assertEqual(texts(worker.command("record", "7")), ["The record is 7"])
        self.assertEqual(texts(worker.command("record", "8")), ["A new record!"])
        self.assertEqual(self.kept, {"record": 8})

    def test_dice(self):
        worker = self.example("dice.cpp", config={"sides": 2})
        self.assertIn(texts(worker.command("dice"))[0], ("1", "2"))
        with self.assertRaisesRegex(RpcFailure, "config.sides must be 2 or more"):
            self.example("dice.cpp", config={"sides": 1})

    def test_morning(self):
        worker = self.example("morning.py", {"store.activity": lambda params: {"total": 3}})
        self.assertEqual(
            worker.manifest["schedules"],
            [
                {"name": "report", "cron": "0 8 * * mon-fri"},
                {"name": "tidy", "every_seconds": 21600},
            ],
        )
        event = {"schedule": "report", "due": 1, "now": 2, "chats": [-1, -2], "bot": {"id": 1}}
        effects = worker.handle("schedule", "report", event)["effects"]
        self.assertEqual([effect["params"]["chat_id"] for effect in effects], [-1, -2])
        self.assertEqual(texts(effects)[0], "Good morning! 3 messages")
        self.assertEqual([params["chat_id"] for _, params in worker.asked], [-1, -2])
        self.kept.update({"old/a": 1, "new": 2})
        worker.handle("schedule", "tidy", {**event, "schedule": "tidy"})
        self.assertEqual(self.kept, {"new": 2})

    def test_heartbeat(self):
        worker = self.example("heartbeat.cpp")
        event = {"schedule": "beat", "due": 1, "now": 2, "chats": [-1, -2], "bot": {"id": 1}}
        self.assertEqual(worker.handle("schedule", "beat", event), {"effects": []})
        self.assertEqual(self.kept, {"last": 2})
        effects = worker.handle("schedule", "noon", {**event, "schedule": "noon"})["effects"]
        self.assertEqual([effect["params"]["chat_id"] for effect in effects], [-1, -2])

    def test_slug(self):
        worker = self.example("slug.cpp")
        event = {"params": {"text": "Hello, World 9!"}, "caller": "headline"}
        self.assertEqual(worker.handle("service", "slug", event), {"result": "hello-world-9-"})

    def test_headline(self):
        worker = self.example(
            "headline.py", {"service.call": lambda asked: {"result": asked["params"]["text"][::-1]}}
        )
        self.assertEqual(texts(worker.command("slug", "a", "b")), ["b a"])
        self.assertEqual(
            worker.asked[-1], ("service.call", {"service": "slug", "params": {"text": "a b"}})
        )
        event = {"params": {"text": "x" * 50}, "caller": "digest"}
        self.assertEqual(
            worker.handle("service", "headline", event), {"result": "x" * 39 + "…"}
        )

        def nobody(asked):
            raise RpcFailure({"code": -32601, "message": "no plugin offers slug"})

        worker = self.example("headline.py", {"service.call": nobody})
        self.assertEqual(
            texts(worker.command("slug", "a")), ["There are no slugs now: no plugin offers slug"]
        )

    def test_pictures(self):
        for name, args in (("colour.py", ["ff8000"]), ("badge/badge.cpp", [])):
            worker = self.example(name)
            effect = worker.command(pathlib.Path(name).stem, *args)[0]
            picture = base64.b64decode(effect["files"]["photo"]["base64"])
            self.assertEqual(picture[:8], b"\x89PNG\r\n\x1a\n", name)
            self.assertEqual(picture[-8:-4], b"IEND", name)
        self.assertIn("Usage", texts(self.example("colour.py").command("colour", "zz"))[0])

    def test_proverbs(self):
        worker = self.example("proverbs/__init__.py")
        self.assertIn(texts(worker.command("proverb"))[0], blocks()["proverbs/proverbs.txt"])
        read = sorted(pathlib.Path(file["path"]).name for file in worker.manifest["files"])
        self.assertEqual(read, ["__init__.py", "plugin.py", "proverbs.txt"])

    # --- nothing is left out ----------------------------------------------------------------------

    def test_every_block_of_code_is_tried(self):
        page = PAGE.read_text(encoding="utf-8")
        found = [name for name in blocks() if name.endswith((".py", ".cpp"))]
        self.assertEqual(len(found), len(ANY_CODE.findall(page)), "a block without a file name")
        tests = pathlib.Path(__file__).read_text(encoding="utf-8")
        found.remove("proverbs/plugin.py")  # its package imports it
        self.assertEqual([name for name in found if f'"{name}"' not in tests], [])


if __name__ == "__main__":
    unittest.main()
