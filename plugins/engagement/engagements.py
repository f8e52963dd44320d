"""/engagement, /myscore, /leaderboard and /leaderboard_thread."""

from dataclasses import dataclass

from tgstats.plugins.base import CommandPlugin, PluginMetadata

from . import texts
from .scores import Scores, ranked, scores

MEMBERS_MAX = 10_000  # as many as the store gives at once
GROUPS_ONLY = "❌ This command works in groups only."
TOPICS_ONLY = "❌ This command works inside a forum topic only."
LIMITS = {
    "default_days": (30, 365),
    "default_limit": (10, 50),
    "min_messages": (5, 1000),
}  # default, maximum


@dataclass(frozen=True)
class Standing:
    """One member's scores, and where they put them among the others."""

    name: str
    member: dict
    scores: Scores
    days: int
    topic: bool
    min_messages: int
    ranked: int
    rank: int | None


@dataclass(frozen=True)
class Board:
    top: list
    active_users: int
    days: int
    topic: bool
    with_counts: bool


class EngagementPlugin(CommandPlugin):
    @property
    def metadata(self):
        return PluginMetadata(
            name="engagement", version="1.0.0", description="Engagement scores", author="tgstats"
        )

    def initialize(self, context):
        self.days = whole_number(context.config, "default_days")
        self.limit = whole_number(context.config, "default_limit")
        self.min_messages = whole_number(context.config, "min_messages")
        self.with_counts = context.config.get("include_message_count", False)
        if not isinstance(self.with_counts, bool):
            raise ValueError(
                f"config include_message_count: true or false is expected, not {self.with_counts!r}"
            )

    def get_commands(self):
        return {
            "engagement": self.engagement,
            "myscore": self.my_score,
            "leaderboard": self.leaderboard,
            "leaderboard_thread": self.leaderboard_thread,
        }

    def get_command_descriptions(self):
        return {
            "engagement": "Your engagement score",
            "myscore": "Your score with all counts",
            "leaderboard": "Most engaged members",
            "leaderboard_thread": "Most engaged members of this topic",
        }

    async def engagement(self, update, context):
        await self._answer_score(update, context, texts.score_text)

    async def my_score(self, update, context):
        await self._answer_score(update, context, texts.details_text)

    async def leaderboard(self, update, context):
        await self._answer_board(update, context, thread_id=None)

    async def leaderboard_thread(self, update, context):
        if update.effective_chat.type != "private" and context.thread_id is None:
            return update.message.reply_text(TOPICS_ONLY)
        return await self._answer_board(update, context, thread_id=context.thread_id)

    async def _answer_score(self, update, context, text_of):
        if update.effective_chat.type == "private":
            return update.message.reply_text(GROUPS_ONLY)
        standing = await self._standing(update.effective_user, context)
        if standing is None:
            return update.message.reply_text(
                texts.nothing_text(self.days, topic=context.thread_id is not None)
            )
        return update.message.reply_html(text_of(standing))

    async def _standing(self, user, context):
        if user is None:  # an anonymous administrator, or a channel
            return None
        window = {"days": self.days, "thread_id": context.thread_id}
        # Everyone of the window, because a rank needs them all; one query.
        members = (await context.store.users(limit=MEMBERS_MAX, min_messages=1, **window))["users"]
        own = next((member for member in members if member["user"]["id"] == user.id), None)
        if own is None:
            return None
        table = ranked(
            (member for member in members if member["messages"] >= self.min_messages), self.days
        )
        rank = next((rank for rank, (member, _) in enumerate(table, 1) if member is own), None)
        return Standing(
            name=user.full_name or user.display_name,
            member=own,
            scores=scores(own, self.days),
            days=self.days,
            topic=context.thread_id is not None,
            min_messages=self.min_messages,
            ranked=len(table),
            rank=rank,
        )

    async def _answer_board(self, update, context, thread_id):
        if update.effective_chat.type == "private":
            return update.message.reply_text(GROUPS_ONLY)
        found = await context.store.users(
            days=self.days, thread_id=thread_id, limit=MEMBERS_MAX, min_messages=self.min_messages
        )
        top = ranked(found["users"], self.days)[: self.limit]
        topic = thread_id is not None
        if not top:
            return update.message.reply_text(
                texts.nothing_text(self.days, self.min_messages, topic)
            )
        board = Board(
            top=top,
            active_users=found["total_users"],
            days=self.days,
            topic=topic,
            with_counts=self.with_counts,
        )
        return update.message.reply_html(texts.leaderboard_text(board))


def whole_number(config, key):
    default, maximum = LIMITS[key]
    value = config.get(key, default)
    if type(value) is not int or not 1 <= value <= maximum:
        raise ValueError(
            f"config {key}: a whole number from 1 to {maximum} is expected, not {value!r}"
        )
    return value
