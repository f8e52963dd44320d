"""A sample plugin for the nursery's rehearsal of hotreload.plain."""

import collections

offers = [{"kind": "command", "name": "rehearsed"}]
event = {"words": ["a", "b", "a"]}


class Counted:
    def __init__(self, words):
        self.counts = collections.Counter(words)

    def text(self):
        return ", ".join(f"{word} {count}" for word, count in self.counts.most_common())


async def handle(offer, event):
    return {"text": Counted(event["words"]).text()}
