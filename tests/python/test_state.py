"""What a plugin keeps, and how it is brought to a new version; schedules and batches of updates."""

import unittest

from support import Kept, PluginCase, RpcFailure

HEADER = """\
from tgstats.plugins.base import *

class P(CommandPlugin, HandlerPlugin):
    @property
    def metadata(self):
        return PluginMetadata(name="p", version="1")

    def get_commands(self):
        return {"go": self.go}

    def go(self, update, context):
        pass

"""


def refused(params):
    raise RpcFailure({"code": -32602, "message": "the value is too large"})


class State(PluginCase):
    def plugin(self, body, calls=None):
        self.kept = Kept()
        lines = "".join(f"    {line}\n" for line in body.strip("\n").split("\n"))
        entry = self.write("p.py", HEADER + lines)
        return self.loaded(entry, "tgstats.adapter", calls={**self.kept.calls(), **(calls or {})})

    def test_plain_and_async_handlers_keep_alike(self):
        for keyword, get in (("", ".wait()"), ("async ", "")):
            wait = "await " if keyword else ""
            worker = self.plugin(
                f"{keyword}def go(self, update, context):\n"
                f"    count = {wait}context.state.get('n', 40){get}\n"
                "    context.state.set('n', count + 2)\n"
                "    context.state.delete('old')\n"
                f"    update.message.reply_text(str({wait}context.state.keys(){get}))"
            )
            self.kept["old"] = 1
            self.assertEqual(worker.command("go")[0]["params"]["text"], "['n']")
            self.assertEqual(self.kept, {"n": 42})

    def test_null_is_a_value_and_not_the_default(self):
        worker = self.plugin(
            "async def go(self, update, context):\n"
            "    update.message.reply_text(repr(await context.state.get('n', 7)))"
        )
        self.assertEqual(worker.command("go")[0]["params"]["text"], "7")
        self.kept["n"] = None
        self.assertEqual(worker.command("go")[0]["params"]["text"], "None")

    def test_a_refused_change_fails_the_handler_that_did_not_wait_for_it(self):
        worker = self.plugin(
            "def go(self, update, context):\n    context.state.set('n', 1)", {"state.set": refused}
        )
        error = self.failure(worker.command, "go")
        self.assertEqual((error.code, error.data["type"]), (-32000, "RpcError"))
        self.assertIn("the value is too large", error.message)

    def test_a_refused_change_can_be_caught_where_it_is_awaited(self):
        worker = self.plugin(
            "async def go(self, update, context):\n"
            "    try:\n"
            "        await context.state.set('n', 1)\n"
            "    except HostError as error:\n"
            "        update.message.reply_text(str(error.code))",
            {"state.set": refused},
        )
        self.assertEqual(worker.command("go")[0]["params"]["text"], "-32602")

    def test_what_a_failed_handler_posted_does_not_trouble_the_next_one(self):
        worker = self.plugin(
            "def go(self, update, context):\n"
            "    if context.args == ['bad']:\n"
            "        context.state.set('n', 1)\n"
            "        raise ValueError('bad')",
            {"state.set": refused},
        )
        self.assertEqual(self.failure(worker.command, "go", "bad").data["type"], "ValueError")
        self.assertEqual(worker.command("go"), [])

    def test_state_while_loading(self):
        worker = self.plugin(
            "def initialize(self, context):\n"
            "    context.state.set('starts', context.state.get('starts', 0).wait() + 1)"
        )
        self.assertEqual(self.kept, {"starts": 1})
        self.assertEqual([method for method, _ in worker.asked], ["state.get", "state.set"])

    def test_migrations_may_change_or_return(self):
        for body in ("state['b'] = state.pop('a')", "return {'b': state['a']}"):
            worker = self.plugin(
                f"state_version = 3\nasync def migrate(self, state, old, new):\n    {body}"
            )
            self.assertEqual(worker.manifest["state_version"], 3)
            answer = worker.request("migrate", {"from": 1, "to": 3, "state": {"a": [1]}})
            self.assertEqual(answer, {"state": {"b": [1]}})

    def test_a_migration_that_gives_no_state(self):
        worker = self.plugin("def migrate(self, state, old, new):\n    return 7")
        asked = {"from": 1, "to": 2, "state": {}}
        self.assertEqual(self.failure(worker.request, "migrate", asked).code, -32000)

    def test_a_module_without_a_class_may_migrate_and_have_schedules(self):
        text = (
            "def handle(offer, event):\n    return offer['name']\n"
            "schedules = [{'name': 'tick', 'every_seconds': 5}]\n"
            "def migrate(state, old, new):\n    state['was'] = old\n"
        )
        worker = self.loaded(self.write("m.py", text))
        self.assertEqual(worker.manifest["schedules"], [{"name": "tick", "every_seconds": 5}])
        self.assertEqual(
            worker.manifest["offers"], [{"kind": "schedule", "name": "tick", "description": ""}]
        )
        self.assertEqual(worker.handle("schedule", "tick", {}), "tick")
        answer = worker.request("migrate", {"from": 1, "to": 2, "state": {"a": 1}})
        self.assertEqual(answer, {"state": {"a": 1, "was": 1}})

    def test_batches(self):
        worker = self.plugin(
            "observes = ('message', 'reaction')\n"
            "def process_updates(self, updates, context):\n"
            "    context.log.info('seen', count=len(updates), chat=context.chat_id)\n"
            "def process_member(self, update, context):\n"
            "    update.my_chat_member\n"
        )
        names = [o["name"] for o in worker.manifest["offers"] if o["kind"] == "observer"]
        self.assertEqual(names, ["message", "reaction", "member"])
        chats = ((-1, -1, -1), (-1, -2, None))
        for first, second, common in chats:
            updates = [{"message": {"chat": {"id": chat}}} for chat in (first, second)]
            worker.handle("observer", "message", {"updates": updates, "now": 1})
            notice = worker.until(lambda message: message.get("method") == "log")
            self.assertEqual(notice["params"]["fields"], {"count": 2, "chat": common})

    def test_a_slip_in_a_name_says_so(self):
        body = "def go(self, update, context):\n    update.message.reply_texxt('pong')"
        worker = self.plugin(body)
        failed = self.failure(worker.command, "go")
        self.assertIn("did you mean 'reply_text'?", failed.message)
        absent = self.plugin(
            "def go(self, update, context):\n"
            "    update.message.reply_text(repr(update.message.reply_to_message))"
        )
        self.assertEqual(absent.command("go")[0]["params"]["text"], "None")

    def test_an_answer_that_was_not_awaited_says_so_with_its_line(self):
        for use in (
            "n + 1",
            "n['a']",
            "f'{n}'",
            "str(n)",
            "len(n)",
            "n == 5",
            "n < 5",
            "5 in n",
            "int(n)",
            "n.a",
            "7 if n else 8",
            "[m for m in n]",
            "context.state.set('m', n)",
            "context.state.set('m', {'deep': [n]})",
            "update.message.reply_text(n)",
        ):
            for keyword in ("", "async "):
                with self.subTest(use, keyword=keyword):
                    worker = self.plugin(
                        f"{keyword}def go(self, update, context):\n"
                        "    n = context.state.get('n')\n"
                        f"    {use}"
                    )
                    told = self.failure(worker.command, "go").message
                    line = HEADER.count("\n") + 3
                    for part in ("state.get", "`await`", "`.wait()`", f"(p.py:{line})"):
                        self.assertIn(part, told)

    def test_a_handler_plugin_that_handles_nothing_is_refused(self):
        source = HEADER.split("    def get_commands")[0].replace("CommandPlugin, ", "")
        entry = self.write(
            "p.py", source + "    async def process_mesage(self, update, context):\n        pass\n"
        )
        failed = self.failure(self.loaded, entry, "tgstats.adapter")
        self.assertIn("a HandlerPlugin that handles nothing: P", failed.message)
        self.assertIn("process_message", failed.message)

    def test_wrong_schedules_and_names_say_why(self):
        for body, words in (
            ("def schedules(self):\n    return [Every(hours=1)]", "must return a dict"),
            ("def schedules(self):\n    return {'go': 60}", "Every(…) or Cron(…) is expected"),
            ("def schedules(self):\n    return {'gone': Every(hours=1)}", "no method of that name"),
            ("def schedules(self):\n    return {'go': Every()}", "from 1 second to 366 days"),
            ("def schedules(self):\n    return {'go': Cron('')}", "five fields are expected"),
            (
                "observes = ('massage',)\ndef process_updates(self, updates):\n    pass",
                "must be a tuple of names among message,",
            ),
        ):
            with self.subTest(words):
                self.assertIn(words, self.failure(self.plugin, body).message)


if __name__ == "__main__":
    unittest.main()
