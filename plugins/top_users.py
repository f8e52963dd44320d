"""/topusers: the most active members of the chat.

Configuration: default_days (1-365, 30), default_limit (1-50, 10).
"""

import html

from tgstats.plugins.base import CommandPlugin, PluginMetadata

DAYS_MAX = 365
LIMIT_MAX = 50
MEDALS = ("🥇", "🥈", "🥉")


class TopUsersPlugin(CommandPlugin):
    @property
    def metadata(self):
        return PluginMetadata(
            name="top_users", version="1.0.0", description="Most active members", author="tgstats"
        )

    def initialize(self, context):
        self.days = configured(context.config, "default_days", 30, DAYS_MAX)
        self.limit = configured(context.config, "default_limit", 10, LIMIT_MAX)

    def get_commands(self):
        return {"topusers": self.top_users}

    def get_command_descriptions(self):
        return {"topusers": "Most active members"}

    async def top_users(self, update, context):
        if update.effective_chat.type == "private":
            return update.message.reply_text("❌ This command works in groups only.")
        chosen = arguments(context.args, self.days, self.limit)
        if chosen is None:
            return update.message.reply_text(
                f"❌ Usage: /topusers [days 1–{DAYS_MAX}] [limit 1–{LIMIT_MAX}]"
            )
        days, limit = chosen
        ranking = await context.store.users(days=days, limit=limit, order="messages")
        return update.message.reply_html(ranking_text(ranking, days))


def configured(config, key, default, maximum):
    value = config.get(key, default)
    if type(value) is not int or not 1 <= value <= maximum:
        raise ValueError(
            f"config {key}: a whole number from 1 to {maximum} is expected, not {value!r}"
        )
    return value


def arguments(args, days, limit):
    """(days, limit), or None when they are not as the usage line says."""
    chosen = [days, limit]
    if len(args) > len(chosen):
        return None
    for index, (argument, maximum) in enumerate(zip(args, (DAYS_MAX, LIMIT_MAX))):
        if not (
            argument.isascii()
            and argument.isdigit()
            and len(argument) <= 3
            and 1 <= int(argument) <= maximum
        ):
            return None
        chosen[index] = int(argument)
    return tuple(chosen)


def ranking_text(ranking, days):
    users, total = ranking["users"], ranking["total_messages"]
    window = "last day" if days == 1 else f"last {days} days"
    if not users:
        return f"No messages in the {window} yet."
    lines = [
        (
            f"🏆 <b>Top {len(users)}</b> · {window}"
            if len(users) > 1
            else f"🏆 <b>Most active</b> · {window}"
        ),
        "",
    ]
    for rank, entry in enumerate(users, 1):
        mark = MEDALS[rank - 1] if rank <= len(MEDALS) else f"{rank}."
        share = 100 * entry["messages"] / total if total else 0
        lines.append(
            f"{mark} <b>{shown_name(entry['user'])}</b> · {entry['messages']:,} ({share:.1f} %)"
        )
    lines += ["", f"{counted(total, 'message')} by {counted(ranking['total_users'], 'member')}"]
    return "\n".join(lines)


def shown_name(user):
    names = (user.get("first_name"), user.get("last_name"))
    return html.escape(
        " ".join(name for name in names if name) or user.get("username") or str(user["id"]),
        quote=False,
    )


def counted(number, noun):
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
