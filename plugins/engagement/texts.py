"""What the engagement commands answer, in Telegram's HTML."""

import html

from .scores import top_percent

MEDALS = ("🥇", "🥈", "🥉")
PARTS = (
    ("activity", "Activity"),
    ("consistency", "Consistency"),
    ("quality", "Quality"),
    ("interaction", "Interaction"),
)
BAR_CELLS = 10


def score_text(standing):
    lines = [
        (
            f"📊 <b>{escaped(standing.name)}</b> ·"
            f" {window(standing.days)}{' · this topic' if standing.topic else ''}"
        ),
        "",
    ]
    lines.append(f"<b>{standing.scores.total:.1f}</b> of 100{rank_text(standing)}")
    lines.append("")
    for part, title in PARTS:
        value = getattr(standing.scores, part)
        lines.append(f"<code>{bar(value)}</code> {title} {value:.1f}")
    return "\n".join(lines)


def rank_text(standing):
    if standing.rank is None:
        return f" · ranked from {counted(standing.min_messages, 'message')} on"
    percent = top_percent(standing.rank, standing.ranked)
    return f" · rank {standing.rank} of {standing.ranked} (top {percent} %)"


def details_text(standing):
    member, days = standing.member, standing.days
    messages = member["messages"]
    active = member["active_days"]
    lines = [
        score_text(standing),
        "",
        f"💬 {counted(messages, 'message')}, {messages / days:.1f} a day",
        f"📅 {counted(active, 'active day')} of {days} ({min(100 * active / days, 100):.0f} %)",
        f"📝 {member['characters'] / messages:.0f} characters on average",
        f"🔗 {counted(member['urls'], 'link')} · 🖼 {member['media']:,} media",
        (
            f"❤️ reactions: {member['reactions_received']:,} received,"
            f" {member['reactions_given']:,} given"
        ),
        f"↩️ replies: {member['replies_received']:,} received, {member['replies_sent']:,} sent",
    ]
    return "\n".join(lines)


def leaderboard_text(board):
    place = " · this topic" if board.topic else ""
    lines = [f"🏆 <b>Engagement</b> · {window(board.days)}{place}", ""]
    for rank, (member, scores) in enumerate(board.top, 1):
        mark = MEDALS[rank - 1] if rank <= len(MEDALS) else f"{rank}."
        lines.append(
            f"{mark} <b>{escaped(short_name(member['user']))}</b> ·"
            f" {scores.total:.1f}{counts(board, member)}"
        )
    lines += ["", counted(board.active_users, "active member")]
    return "\n".join(lines)


def counts(board, member):
    if not board.with_counts:
        return ""
    return (
        f"  (💬 {member['messages']:,} · ↩️ {member['replies_sent']:,} sent,"
        f" {member['replies_received']:,} received)"
    )


def nothing_text(days, min_messages=1, topic=False):
    where = " in this topic" if topic else ""
    if min_messages > 1:
        return (
            f"Nobody has written {counted(min_messages, 'message')}{where} in the"
            f" {window(days)} yet."
        )
    return f"You have no messages{where} in the {window(days)} yet."


def bar(value):
    filled = round(value / 100 * BAR_CELLS)
    return "▰" * filled + "▱" * (BAR_CELLS - filled)


def short_name(user):
    """Username, else first name, else id. Without the @: a leaderboard should not ring anyone's
    phone.
    """
    return user.get("username") or user.get("first_name") or str(user["id"])


def window(days):
    return "last day" if days == 1 else f"last {days} days"


def counted(number, noun):
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def escaped(text):
    return html.escape(text, quote=False)
