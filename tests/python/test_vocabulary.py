"""What plugin authors use: the classes, update and context, effects."""

import base64
import unittest

from support import PluginCase

HEADER = (
    "from tgstats.plugins.base import *\nfrom tgstats.plugins.base import CommandPlugin,"
    " PluginMetadata\nclass Base:\n    @property\n    def metadata(self):\n        return"
    " PluginMetadata(name='p', version='1', description='d', author='a')\n"
)
COMMAND = (
    HEADER
    + "class P(Base, CommandPlugin):\n    def get_commands(self):\n        return {'go': self.go}\n"
)

# As in the documentation for plugin authors, letter by letter.
HELLO = """\
from tgstats.plugins.base import CommandPlugin, PluginMetadata

class HelloPlugin(CommandPlugin):
    @property
    def metadata(self):
        return PluginMetadata(name="hello", version="1.0.0", description="Says hello", author="you", dependencies=[])

    def get_commands(self):
        return {"hello": self.hello}

    def get_command_descriptions(self):
        return {"hello": "Say hello"}

    async def hello(self, update, context):
        await update.message.reply_text(f"Hello, {update.effective_user.first_name} {' '.join(context.args)}")
"""


def texts(effects):
    return [effect["params"].get("text") for effect in effects]


class Vocabulary(PluginCase):
    def plugin(self, text, calls=None, config=None):
        return self.loaded(self.write("p.py", text), "tgstats.adapter", config, calls)

    def go(self, body, calls=None, config=None, message=None):
        handler = "".join(f"        {line}\n" for line in body.split("\n"))
        worker = self.plugin(
            COMMAND + f"    async def go(self, update, context):\n{handler}", calls, config
        )
        return worker.command("go", "a", "b", **(message or {}))

    def test_values_in_html_cannot_become_markup(self):
        body = """update.message.reply_html("<b>{}</b> & {:.1f}", "<i>&{}'", 1.25)
update.message.reply_html("<b>{}</b>")"""
        sent = self.go(body)
        wanted = ["<b>&lt;i&gt;&amp;{}&#x27;</b> & 1.2", "<b>{}</b>"]
        self.assertEqual(texts(sent), wanted)
        self.assertEqual([e["params"]["parse_mode"] for e in sent], ["HTML", "HTML"])

    def test_the_example_runs_as_written(self):
        worker = self.loaded(self.write("hello.py", HELLO), "tgstats.adapter")
        self.assertEqual(worker.manifest["class"], "HelloPlugin")
        self.assertEqual(
            worker.manifest["offers"],
            [{"kind": "command", "name": "hello", "description": "Say hello"}],
        )
        self.assertEqual(
            worker.command("hello", "you", "there"),
            [
                {
                    "method": "sendMessage",
                    "params": {"chat_id": -100123, "text": "Hello, Ann you there"},
                }
            ],
        )

    def test_update_and_context(self):
        effects = self.go(
            (
                "m = update.message\nsaid = [update.update_id, m.from_user.full_name, m.chat.title,"
                " m.reply_to_message, m['text'],\n        update.effective_chat.id,"
                " update.effective_user.mention_html(), context.args,\n       "
                " context.bot.username, context.config['deep']['x'], context.config.deep.x,\n      "
                "  context.settings.timezone, context.now, context.command,"
                " m.sticker]\nm.reply_text(repr(said))"
            ),
            config={"deep": {"x": 1}},
        )
        self.assertEqual(
            eval(texts(effects)[0]),
            [
                41,
                "Ann <Lee>",
                "Tests",
                None,
                "/go",
                -100123,
                '<a href="tg://user?id=5">Ann &lt;Lee&gt;</a>',
                ["a", "b"],
                "tgstats_bot",
                1,
                1,
                "UTC",
                1794737344,
                "go",
                None,
            ],
        )

    def test_a_reply_can_be_changed_before_it_is_sent(self):
        effects = self.go(
            "first = await update.message.reply_text('Counting …')\n"
            "gone = await update.message.reply_text('gone')\n"
            "await first.edit_text('<b>9</b>', parse_mode='HTML')\nawait gone.delete()"
        )
        self.assertEqual(
            [effect["params"] for effect in effects],
            [{"chat_id": -100123, "text": "<b>9</b>", "parse_mode": "HTML"}],
        )

    def test_files(self):
        effects = self.go(
            "import io\nawait update.message.reply_photo(b'\\x89PNG...', caption='c')\n"
            "await context.bot.send_document(7, io.BytesIO(b'a,b'), filename='x.csv')\n"
            "await update.message.reply_photo('FILE_ID')"
        )
        self.assertEqual(effects[0]["params"], {"chat_id": -100123, "caption": "c"})
        self.assertEqual(
            effects[0]["files"]["photo"],
            {
                "name": "photo.png",
                "type": "image/png",
                "base64": base64.b64encode(b"\x89PNG...").decode(),
            },
        )
        self.assertEqual(effects[1]["params"], {"chat_id": 7})
        self.assertEqual(
            (effects[1]["files"]["document"]["name"], effects[1]["files"]["document"]["type"]),
            ("x.csv", "text/csv"),
        )
        self.assertEqual(
            effects[2], {"method": "sendPhoto", "params": {"photo": "FILE_ID", "chat_id": -100123}}
        )

    def test_send_now_goes_at_once_and_its_message_can_be_edited(self):
        sent = []
        effects = self.go(
            "message = await context.send_now(text='working')\nawait message.edit_text('done')",
            {
                "telegram.call": lambda call: sent.append(call) or {
                    "message_id": 99,
                    "chat": {"id": -100123},
                    "date": 1,
                }
            },
        )
        self.assertEqual(
            sent, [{"method": "sendMessage", "params": {"text": "working", "chat_id": -100123}}]
        )
        self.assertEqual(
            effects,
            [
                {
                    "method": "editMessageText",
                    "params": {"chat_id": -100123, "message_id": 99, "text": "done"},
                }
            ],
        )

    def test_pages_of_the_store(self):
        pages = {0: {"texts": ["a", "b"], "next": 2}, 2: {"texts": ["c"], "next": None}}
        calls = {"store.texts": lambda params: pages[params["after"]]}
        effects = self.go(
            (
                "all = [text async for text in context.store.texts(days=7)]\n"
                "await update.message.reply_text(' '.join(all))"
            ),
            calls,
        )
        self.assertEqual(texts(effects), ["a b c"])

    def test_a_plain_handler_can_wait_for_the_store(self):
        worker = self.plugin(
            COMMAND
            + "    def go(self, update, context):\n"
            "        title = context.store.chat().wait().title\n"
            "        update.message.reply_text(title)\n",
            {"store.chat": lambda _: {"title": "T"}},
        )
        self.assertEqual(texts(worker.command("go")), ["T"])

    def test_nothing_is_sent_by_a_handler_that_raises(self):
        body = (
            "    async def go(self, update, context):\n        await"
            " update.message.reply_text('x')\n        1/0\n"
        )
        worker = self.plugin(COMMAND + body)
        error = self.failure(worker.command, "go")
        line = (COMMAND + body).split("\n").index("        1/0") + 1
        self.assertEqual((error.data["type"], error.data["line"]), ("ZeroDivisionError", line))

    def test_one_class_of_all_kinds(self):
        worker = self.plugin(
            HEADER
            + "class P(Base, CommandPlugin, HandlerPlugin, StatisticsPlugin, ServicePlugin):\n   "
            " def get_commands(self):\n        return {'go': self.go}\n    def go(self,"
            " update):\n        update.message.reply_text('went')\n    async def"
            " process_message(self, update, context, session):\n        await"
            " update.message.reply_text('saw ' + update.message.text)\n    def"
            " process_reaction(self, update, context):\n       "
            " context.bot.send_message(update.effective_chat.id, update.effective_user.name)\n   "
            " def get_stat_name(self):\n        return 'stat'\n    async def"
            " calculate_stats(self, session, chat_id, days=1, **rest):\n        return [chat_id,"
            " days, (await session.chat()).title]\n    def get_service_name(self):\n       "
            " return 'serve'\n    def execute(self, session, word):\n        return"
            " word.upper()\n",
            {"store.chat": lambda params: {"title": params["chat_id"]}},
        )
        self.assertEqual(worker.manifest["kinds"], ["command", "statistic", "observer", "service"])
        self.assertEqual(
            [(o["kind"], o["name"]) for o in worker.manifest["offers"]],
            [
                ("command", "go"),
                ("statistic", "stat"),
                ("observer", "message"),
                ("observer", "reaction"),
                ("service", "serve"),
            ],
        )
        self.assertEqual(texts(worker.command("go")), ["went"])
        self.assertEqual(
            worker.handle("statistic", "stat", {"chat_id": -5, "params": {"days": 3}}),
            {"result": [-5, 3, -5]},
        )
        self.assertEqual(
            worker.handle("service", "serve", {"params": {"word": "x"}}), {"result": "X"}
        )
        message = {"message_id": 1, "chat": {"id": -5}, "text": "hi"}
        event = {"updates": [{"update_id": 1, "message": message}] * 2}
        effects = worker.handle("observer", "message", event)["effects"]
        self.assertEqual(
            [effect["params"] for effect in effects], [{"text": "saw hi", "chat_id": -5}] * 2
        )
        reaction = {
            "message_reaction": {
                "chat": {"id": -5},
                "message_id": 1,
                "user": {"id": 1, "first_name": "Bo"},
            }
        }
        effects = worker.handle("observer", "reaction", {"updates": [reaction]})["effects"]
        self.assertEqual(effects[0]["params"], {"chat_id": -5, "text": "Bo"})

    def test_offers_that_are_not_there(self):
        worker = self.loaded(self.write("hello.py", HELLO), "tgstats.adapter")
        self.assertEqual(self.failure(worker.handle, "command", "nope", {}).code, -32602)

    def test_modules_that_are_no_plugin_say_why(self):
        for text, words in (
            ("x = 1\n", "no plugin class here"),
            (HEADER + "class P(Base, CommandPlugin):\n    pass\n", "P lacks get_commands"),
            (COMMAND + "class Q(P):\n    pass\n", "here are P, Q"),
            (
                HEADER
                + "class P(Base, CommandPlugin):\n    def get_commands(self):\n        return {'Bad"
                " Name': print}\n",
                "'Bad Name'",
            ),
            (
                HEADER
                + "class P(Base, CommandPlugin):\n    def get_commands(self):\n        return"
                " {'go': 3}\n",
                "not a function",
            ),
        ):
            with self.subTest(words):
                error = self.failure(self.plugin, text)
                self.assertIn(words, error.message)


if __name__ == "__main__":
    unittest.main()
