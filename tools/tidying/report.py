"""What a rule says, and the list of exceptions that are granted, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str
    remedy: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.what} [{self.rule}]; {self.remedy}'


class Exceptions:
    """Lines of `PATH RULE [= NUMBER] # reason`. With a number: no more than that."""

    def __init__(self, path, text):
        self.findings = []
        self.granted = {}
        self.used = set()
        self.path = path
        for number, line in enumerate(text.splitlines(), 1):
            entry, _, reason = line.partition('#')
            words = entry.split()
            if words:
                self.read(number, words, reason.strip())

    def read(self, number, words, reason):
        if len(words) not in (2, 4) or not reason:
            self.findings.append(Finding(self.path, number, 'exceptions', 'not an exception',
                                         'write: PATH RULE [= NUMBER] # reason'))
            return
        limit = int(words[3]) if len(words) == 4 else None
        self.granted[(words[0], words[1])] = (number, limit)

    def apply(self, findings):
        """The findings that remain, and one for each exception that is no longer needed."""
        by_key = {}
        for finding in findings:
            by_key.setdefault((finding.path, finding.rule), []).append(finding)
        remaining = list(self.findings)
        for key, group in by_key.items():
            limit = self.granted.get(key, (0, 0))[1]
            if key in self.granted and (limit is None or len(group) <= limit):
                self.used.add(key)
            else:
                remaining += group
        for key, (number, _) in self.granted.items():
            if key not in by_key:
                remaining.append(Finding(self.path, number, 'exceptions',
                                         f'{key[0]} no longer breaks {key[1]}', 'remove this line'))
        return remaining
