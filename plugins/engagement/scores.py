"""The engagement formulas: plain numbers in, four parts from 0 to 100 and their weighted total out.
"""

import math
from dataclasses import dataclass

WEIGHTS = {"activity": 0.30, "consistency": 0.25, "quality": 0.25, "interaction": 0.20}


@dataclass(frozen=True)
class Scores:
    activity: float = 0.0
    consistency: float = 0.0
    quality: float = 0.0
    interaction: float = 0.0

    @property
    def total(self):
        return round(sum(weight * getattr(self, part) for part, weight in WEIGHTS.items()), 2)


def scores(member, days):
    """The scores of one USER of the store (docs/protocol.md, section 6) over a window of `days`."""
    messages = member["messages"]
    if messages == 0:
        return Scores()
    return Scores(
        activity=round(activity(messages / days), 2),
        consistency=round(min(100 * member["active_days"] / days, 100), 2),
        quality=round(quality(member), 2),
        interaction=round(interaction(member), 2),
    )


def activity(messages_per_day):
    """80 points for the first 10 messages a day, and up to 20 more from 5 on: full marks at 10 a
    day.
    """
    bonus = min(4 * (messages_per_day - 5), 20) if messages_per_day > 5 else 0
    return min(8 * messages_per_day, 80) + bonus


def quality(member):
    """Four quarters: length, links, media, reactions received."""
    messages = member["messages"]
    links = min(member["urls"] / messages, 0.3) / 0.3 * 25
    media = min(member["media"] / messages, 0.4) / 0.4 * 25
    reactions = min(member["reactions_received"] / messages / 2 * 25, 25)
    return min(length_points(member["characters"] / messages) + links + media + reactions, 100)


def length_points(mean_length):
    if mean_length < 50:
        return 0.3 * mean_length
    if mean_length <= 200:
        return 15 + (mean_length - 50) / 15
    return 25


def interaction(member):
    messages = member["messages"]
    replies = (member["replies_sent"] + member["replies_received"]) / messages
    reactions = member["reactions_given"] / messages
    return min(replies, 0.5) / 0.5 * 50 + min(reactions, 1) * 50


def ranked(members, days):
    """[(member, scores)], the best first; equal totals by messages, then by id, so that the order
    is always the same.
    """
    scored = [(member, scores(member, days)) for member in members]
    return sorted(
        scored, key=lambda pair: (-pair[1].total, -pair[0]["messages"], pair[0]["user"]["id"])
    )


def top_percent(rank, members):
    """In which part of the members a rank (from 1) lies, rounded up: the 3rd of 48 is in the top 7
    %.
    """
    return math.ceil(100 * rank / members)
