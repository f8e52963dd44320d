"""The engagement formulas against values worked out by hand, and what its commands answer."""

import sys
import unittest

from support import PROJECT, PluginCase, member

sys.path.insert(0, str(PROJECT / "plugins"))

from engagement import scores as formulas  # noqa: E402  the path above comes first

ENTRY = PROJECT / "plugins" / "engagement" / "__init__.py"


class Formulas(unittest.TestCase):
    def test_activity(self):
        # min(8r, 80), and above 5 a day min(4(r - 5), 20) more
        for per_day, points in ((0, 0), (1, 8), (5, 40), (6, 52), (7.5, 70), (10, 100), (50, 100)):
            self.assertAlmostEqual(formulas.activity(per_day), points)

    def test_length(self):
        for length, points in (
            (0, 0),
            (20, 6),
            (49.9, 14.97),
            (50, 15),
            (95, 18),
            (200, 25),
            (201, 25),
            (4096, 25),
        ):
            self.assertAlmostEqual(formulas.length_points(length), points)

    def test_all_parts_of_one_member(self):
        # 60 messages in 30 days: r = 2 -> 16. 12 active days -> 40.
        # quality: mean length 80 -> 17; links 9/60 = .15 -> 12.5; media 6/60 = .1 -> 6.25;
        # 24/60/2*25 = 5 -> 40.75
        # interaction: (6 + 9)/60 = .25 -> 25; 15/60 = .25 -> 12.5 -> 37.5
        # total: 4.8 + 10 + 10.1875 + 7.5 = 32.4875 -> 32.49
        got = formulas.scores(
            member(
                1,
                60,
                active_days=12,
                characters=4800,
                urls=9,
                media=6,
                reactions_received=24,
                replies_sent=6,
                replies_received=9,
                reactions_given=15,
            ),
            30,
        )
        self.assertEqual(
            (got.activity, got.consistency, got.quality, got.interaction), (16, 40, 40.75, 37.5)
        )
        self.assertEqual(got.total, 32.49)

    def test_full_marks_are_100_and_no_part_goes_over(self):
        # 31 calendar dates can fall into a window of 30 days.
        got = formulas.scores(
            member(
                1,
                900,
                active_days=31,
                characters=900_000,
                urls=900,
                media=900,
                reactions_received=9000,
                replies_sent=900,
                replies_received=900,
                reactions_given=9000,
            ),
            30,
        )
        self.assertEqual(
            (got.activity, got.consistency, got.quality, got.interaction, got.total),
            (100, 100, 100, 100, 100),
        )

    def test_media_points_come_from_media_only(self):
        self.assertEqual(formulas.scores(member(1, 10), 30).quality, 0)
        self.assertEqual(formulas.scores(member(1, 10, media=4), 30).quality, 25)

    def test_nothing_written_is_nothing_scored(self):
        self.assertEqual(formulas.scores(member(1, 0, active_days=0), 30).total, 0)

    def test_top_percent(self):
        for rank, members, percent in (
            (1, 48, 3),
            (3, 48, 7),
            (48, 48, 100),
            (1, 1, 100),
            (1, 1000, 1),
            (10, 1000, 1),
        ):
            self.assertEqual(formulas.top_percent(rank, members), percent)

    def test_equal_totals_keep_one_order(self):
        members = [member(3, 10), member(1, 10), member(2, 10)]
        self.assertEqual([m["user"]["id"] for m, _ in formulas.ranked(members, 30)], [1, 2, 3])


class Commands(PluginCase):
    members = [
        member(5, 60, active_days=12, characters=4800, urls=1),
        member(6, 300, active_days=30),
        member(7, 5),
        member(8, 4),
    ]

    def plugin(self, config=None):
        def users(params):
            least = params.get("min_messages", 1)
            chosen = [m for m in self.members if m["messages"] >= least]
            return {"total_messages": 369, "total_users": len(self.members), "users": chosen}

        return self.loaded(ENTRY, "tgstats.adapter", config, calls={"store.users": users})

    def text(self, effects):
        self.assertEqual([effect["method"] for effect in effects], ["sendMessage"])
        return effects[0]["params"]["text"]

    def test_offers(self):
        manifest = self.plugin().manifest
        self.assertEqual(
            [offer["name"] for offer in manifest["offers"]],
            ["engagement", "myscore", "leaderboard", "leaderboard_thread"],
        )
        self.assertEqual(
            sorted(f["path"].rpartition("/")[2] for f in manifest["files"]),
            ["__init__.py", "engagements.py", "scores.py", "texts.py"],
        )

    def test_engagement_shows_score_and_standing(self):
        # 16 * .3 + 40 * .25 + (17 + 1/60/.3*25) * .25 + 0 = 19.40
        text = self.text(self.plugin().command("engagement"))
        self.assertIn("<b>Ann &lt;Lee&gt;</b> · last 30 days", text)
        self.assertIn("<b>19.4</b> of 100 · rank 2 of 3 (top 67 %)", text)

    def test_a_member_below_the_threshold_has_no_rank(self):
        text = self.text(
            self.plugin().command("engagement", **{"from": {"id": 8, "first_name": "Bo"}})
        )
        self.assertIn("ranked from 5 messages on", text)

    def test_myscore_has_the_counts(self):
        text = self.text(self.plugin().command("myscore"))
        for line in (
            "rank 2 of 3 (top 67 %)",
            "💬 60 messages, 2.0 a day",
            "📅 12 active days of 30 (40 %)",
            "📝 80 characters on average",
            "🔗 1 link · 🖼 0 media",
        ):
            self.assertIn(line, text)

    def test_somebody_who_never_wrote(self):
        text = self.text(
            self.plugin().command("myscore", **{"from": {"id": 99, "first_name": "New"}})
        )
        self.assertEqual(text, "You have no messages in the last 30 days yet.")

    def test_leaderboard_is_one_query(self):
        worker = self.plugin({"include_message_count": True})
        lines = self.text(worker.command("leaderboard")).split("\n")
        self.assertEqual([method for method, _ in worker.asked], ["store.users"])
        self.assertEqual(
            worker.asked[0][1], {"days": 30, "limit": 10000, "min_messages": 5, "chat_id": -100123}
        )
        self.assertTrue(
            lines[2].startswith("🥇 <b>User 6</b> · 55.0  (💬 300 · ↩️ 0 sent, 0 received)"), lines
        )
        self.assertTrue(lines[4].startswith("🥉 <b>User 7</b>"))
        self.assertEqual(lines[-1], "4 active members")

    def test_inside_a_topic_only_that_topic_counts(self):
        worker = self.plugin()
        topic = {"is_topic_message": True, "message_thread_id": 12}
        for command in ("engagement", "leaderboard_thread"):
            effects = worker.command(command, **topic)
            self.assertEqual(worker.asked[-1][1]["thread_id"], 12)
            self.assertEqual(effects[0]["params"]["message_thread_id"], 12)
            self.assertIn("· this topic", self.text(effects))
        worker.command("leaderboard", **topic)
        self.assertNotIn("thread_id", worker.asked[-1][1])
        self.assertIn("inside a forum topic", self.text(worker.command("leaderboard_thread")))

    def test_private_chats_are_refused_without_a_query(self):
        worker = self.plugin()
        for command in ("engagement", "myscore", "leaderboard", "leaderboard_thread"):
            text = self.text(worker.command(command, chat={"id": 5, "type": "private"}))
            self.assertEqual(text, "❌ This command works in groups only.")
        self.assertEqual(worker.asked, [])

    def test_a_wrong_configuration_says_what_is_expected(self):
        error = self.failure(self.plugin, {"default_days": 0})
        self.assertIn(
            "config default_days: a whole number from 1 to 365 is expected, not 0", error.message
        )


if __name__ == "__main__":
    unittest.main()
