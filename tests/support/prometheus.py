"""Reads Prometheus' text format 0.0.4 strictly, as its specification has it: what is not in order
is an error.
"""

import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Malformed(Exception):
    """The text is not as the specification has it."""


def need(condition, what):
    if not condition:
        raise Malformed(what)


class Family:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind
        self.samples = {}  # (name, frozenset of labels) -> value

    def value(self, suffix="", **labels):
        return self.samples.get((self.name + suffix, frozenset(labels.items())))

    def total(self):
        return sum(self.samples.values())


def labels_of(text, line):
    found, position = [], 0
    while position < len(text):
        match = LABEL.match(text, position)
        need(match, f"labels are malformed: {line}")
        value = re.sub(r'\\[n"\\]', lambda m: ESCAPES[m[0]], match[2])
        found.append((match[1], value))
        position = match.end()
        if position < len(text):
            need(text[position] == ",", f"a comma is missing: {line}")
            position += 1
    need(len({name for name, _ in found}) == len(found), f"a label stands twice: {line}")
    return frozenset(found)


def sample_of(line):
    name = NAME.match(line)
    need(name, f"no name: {line}")
    rest, labels = line[name.end() :], frozenset()
    if rest.startswith("{"):
        inside, closed, rest = rest[1:].rpartition("}")
        need(closed, f"braces are open: {line}")
        labels = labels_of(inside, line)
    need(re.fullmatch(r" (\S+)", rest), f"one value is wanted: {line}")
    return name[0], labels, float(rest)


def belongs(family, name):
    if family.kind == "histogram":
        return name in {family.name + suffix for suffix in ("_bucket", "_sum", "_count")}
    return name == family.name


def parse(text):
    """{name: Family}"""
    need(text.endswith("\n"), "the last line has no end")
    families, current, helped = {}, None, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped = line.split(" ", 3)[2]
            need(helped not in families, f"{helped} comes a second time")
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            need(name == helped and kind in TYPES, f"out of place: {line}")
            current = families[name] = Family(name, kind)
        else:
            name, labels, value = sample_of(line)
            need(current and belongs(current, name), f"belongs to no family: {line}")
            need((name, labels) not in current.samples, f"stands twice: {line}")
            current.samples[name, labels] = value
    for family in families.values():
        check(family)
    return families


def check(family):
    if family.kind == "counter":
        need(family.name.endswith("_total"), f"{family.name} is a counter: …_total")
        good = [math.isfinite(v) and v >= 0 for v in family.samples.values()]
        need(all(good), f"{family.name}: a counter is finite and not negative")
    if family.kind == "histogram":
        check_histogram(family)


def check_histogram(family):
    buckets = {}
    for (name, labels), value in family.samples.items():
        if name.endswith("_bucket"):
            bound = float(dict(labels)["le"])
            others = frozenset(pair for pair in labels if pair[0] != "le")
            buckets.setdefault(others, []).append((bound, value))
    for labels, found in buckets.items():
        bounds = [bound for bound, _ in found]
        counts = [count for _, count in found]
        need(bounds == sorted(set(bounds)), f"{family.name}: bounds are not in order")
        need(counts == sorted(counts), f"{family.name}: counts fall")
        need(bounds[-1] == math.inf, f"{family.name}: +Inf is missing")
        need(
            family.samples[family.name + "_count", labels] == counts[-1],
            f"{family.name}: +Inf and _count differ",
        )
        need((family.name + "_sum", labels) in family.samples, f"{family.name}: no _sum")
