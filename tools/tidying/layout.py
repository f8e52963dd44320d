"""Who may include whom: floors, and the few places outside them."""

import re

from tidying.report import Finding

FLOORS = {
    'hotreload/base': 0,
    'hotreload/model': 1,
    'hotreload/event': 2, 'hotreload/rpc': 2, 'hotreload/config': 2,
    'hotreload/state': 2, 'hotreload/schedule': 2, 'hotreload/history': 2, 'hotreload/sandbox': 2,
    'hotreload/watch': 3, 'hotreload/source': 3, 'hotreload/build': 3, 'hotreload/worker': 3,
    'hotreload/reload': 4,
    'tgstats/http': 5, 'tgstats/content': 5,
    'tgstats/telegram': 6, 'tgstats/store': 6, 'tgstats/playground': 6,
    'tgstats/record': 7, 'tgstats/dispatch': 7, 'tgstats/notify': 7,
    'tgstats/settings': 8, 'tgstats/control': 8, 'tgstats/web': 8,
    'tgstats/app': 9,
}
# The worker program and what plugin authors include see little or nothing of the host.
LIMITED = {
    'workers/': ('workers/', 'hotreload/base/', 'hotreload/model/', 'hotreload/rpc/'),
    'sdk/': (),
    'plugins/': (),
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
HOST = re.compile(r'^(?:hotreload/\w+/|tgstats/\w+/|workers/)')


def folder_of(path):
    return '/'.join(path.split('/')[:2])


def unknown_folder(path):
    """C++ of the host in a folder that has no floor."""
    if not path.startswith(('hotreload/', 'tgstats/')) or folder_of(path) in FLOORS:
        return []
    return [Finding(path, 1, 'floor', f'{folder_of(path)} has no floor',
                    'give it one in tools/tidying/layout.py')]


def objection(path, included):
    """Why `path` may not include `included`, or nothing."""
    for prefix, allowed in LIMITED.items():
        if path.startswith(prefix):
            own = '/'.join(path.split('/')[:2]) + '/'
            if HOST.match(included) and not included.startswith((*allowed, own)):
                return f'{prefix} may not include {folder_of(included)}'
            return None
    mine, theirs = folder_of(path), folder_of(included)
    if mine not in FLOORS or theirs not in FLOORS or mine == theirs:
        return None
    if FLOORS[theirs] == FLOORS[mine]:
        return f'{mine} and {theirs} are on the same floor ({FLOORS[mine]})'
    if FLOORS[theirs] > FLOORS[mine]:
        return f'{mine} (floor {FLOORS[mine]}) includes {theirs} (floor {FLOORS[theirs]})'
    return None


def check_includes(path, text):
    findings = unknown_folder(path)
    for match in INCLUDE.finditer(text):
        line = text.count('\n', 0, match.start()) + 1
        included = match[1]
        if included.startswith('.') or '/../' in included:
            findings.append(Finding(path, line, 'include', f'relative include {included}',
                                    'name files from the root of the project'))
        elif reason := objection(path, included):
            findings.append(Finding(path, line, 'floor', reason,
                                    'move the code down, or hand it in from above'))
    return findings
