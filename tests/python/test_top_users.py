"""/topusers: arguments, ranking, text."""

import unittest

from support import PROJECT, PluginCase, member

ENTRY = PROJECT / "plugins" / "top_users.py"
USAGE = "❌ Usage: /topusers [days 1–365] [limit 1–50]"


class TopUsers(PluginCase):
    def setUp(self):
        super().setUp()
        self.members = [member(1, 1200), member(2, 300), member(3, 1)]
        self.members[0]["user"].update(first_name="A & <b>", last_name="Z")

    def plugin(self, config=None):
        def users(params):
            return {
                "total_messages": sum(m["messages"] for m in self.members),
                "total_users": len(self.members),
                "users": self.members[: params["limit"]],
            }

        return self.loaded(ENTRY, "tgstats.adapter", config, calls={"store.users": users})

    def answer(self, worker, *args, **message):
        effects = worker.command("topusers", *args, **message)
        self.assertEqual([effect["method"] for effect in effects], ["sendMessage"])
        return effects[0]["params"]

    def test_the_ranking(self):
        params = self.answer(self.plugin())
        self.assertEqual(params["parse_mode"], "HTML")
        self.assertEqual(
            params["text"].split("\n"),
            [
                "🏆 <b>Top 3</b> · last 30 days",
                "",
                "🥇 <b>A &amp; &lt;b&gt; Z</b> · 1,200 (79.9 %)",
                "🥈 <b>User 2</b> · 300 (20.0 %)",
                "🥉 <b>User 3</b> · 1 (0.1 %)",
                "",
                "1,501 messages by 3 members",
            ],
        )

    def test_one_of_everything(self):
        self.members = [member(1, 1)]
        self.assertEqual(
            self.answer(self.plugin(), "1")["text"].split("\n"),
            [
                "🏆 <b>Most active</b> · last day",
                "",
                "🥇 <b>User 1</b> · 1 (100.0 %)",
                "",
                "1 message by 1 member",
            ],
        )

    def test_an_empty_chat(self):
        self.members = []
        self.assertEqual(
            self.answer(self.plugin(), "7")["text"], "No messages in the last 7 days yet."
        )

    def test_arguments_and_configuration_reach_the_query(self):
        worker = self.plugin({"default_days": 90, "default_limit": 20})
        for args, days, limit in (
            ((), 90, 20),
            (("7",), 7, 20),
            (("365", "50"), 365, 50),
            (("1", "1"), 1, 1),
        ):
            self.answer(worker, *args)
            self.assertEqual(
                worker.asked[-1][1],
                {"days": days, "limit": limit, "order": "messages", "chat_id": -100123},
            )

    def test_wrong_arguments_get_the_usage_line(self):
        worker = self.plugin()
        for args in (
            ("0",),
            ("366",),
            ("-1",),
            ("x",),
            ("1.5",),
            ("7", "0"),
            ("7", "51"),
            ("7", "5", "1"),
            ("٣",),
            ("9" * 5000,),
            ("",),
        ):
            self.assertEqual(self.answer(worker, *args)["text"], USAGE, args)
        self.assertEqual(worker.asked, [])

    def test_private_chats_are_refused(self):
        text = self.answer(self.plugin(), chat={"id": 5, "type": "private"})["text"]
        self.assertEqual(text, "❌ This command works in groups only.")


if __name__ == "__main__":
    unittest.main()
