"""Words and calls that are not used here, each with what is used instead."""

import re

from tidying import cpp
from tidying.report import Finding

WAIT = 'wait for what is meant, with a deadline'
CPP_CALLS = {
    r'\b(?:u|nano)?sleep\s*\(|\bthis_thread::sleep_\w+': WAIT,
    r'(?<![\w.>])(?:std::|::)?system\s*\(|\bpopen\s*\(': 'use hotreload::run_process with an argv',
    r'\.detach\s*\(\s*\)': 'own the thread: join it where its owner ends',
    r'\bdetached\b': 'spawn it in a TaskGroup, which owns it',
    r'(?<![\w.>:])(?:std::|::)?s?rand\s*\(': 'use <random> with a seed that is handed in',
    r'\b(?:strcpy|strcat|sprintf|vsprintf|strtok|gets)\s*\(': 'use std::string or fmt::format',
    r'\b(?:localtime|gmtime|asctime|ctime|strerror)\s*\(': 'use the _r form (or std::error_code)',
    r'\bsetenv\s*\(|\bputenv\s*\(': 'hand the environment to the child in SpawnOptions',
    r'\bstd::endl\b': "write '\\n'",
    r'(?<!\w)(?:std)?::signal\s*\((?![^)]*SIG_(?:IGN|DFL))': 'use asio::signal_set or sigaction',
    r'\b(?:malloc|realloc|calloc)\s*\(': 'let an object own the memory',
    r'\bvolatile\b': 'use std::atomic, or std::sig_atomic_t through sigaction',
}
PYTHON_CALLS = {
    r'\btime\.sleep\s*\(': WAIT,
    r'\bos\.(?:system|popen)\s*\(|\bshell\s*=\s*True\b': 'use subprocess with a list of arguments',
    r'^\s*except\s*:': 'name the exception',
    r'\btempfile\.mktemp\s*\(': 'use tempfile.TemporaryDirectory',
}
SCRIPT_CALLS = {
    r'\bwaitForTimeout\s*\(': WAIT,
    r'\beval\s*\(': 'write the code out',
}
SHELL_CALLS = {
    r'(?:^|[;&|(]|\bdo\b|\bthen\b)\s*sleep\s': WAIT,
    r'(?:^|[;&|(]|\bdo\b|\bthen\b)\s*(?:pkill|killall)\s': 'end your own processes by their pid',
}
NAME = re.compile(
    r'\b(?!test_)\w*[a-z0-9]'
    r'(?:(?:Manager|Helper|Utils?|Impl)|_(?:manager|helper|utils?|impl))s?_?\b')
FILE_NAME = re.compile(r'(?:^|_)(?:manager|helper|util|impl)s?(?:_|\.|$)')
# In two pieces, so that this file does not hold what it looks for.
UNFINISHED = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
MACHINE_PATH = re.compile(r'(?<![\w.$}])/(?:wor' r'k|hom' r'e/[a-z]\w*|User' r's)/')
REGISTRY = re.compile(
    r'\b(?:deb\.debi' r'an\.org|registry\.npm' r'js\.org|py' r'pi\.org|crates\.i' r'o)\b')
EVERYWHERE = (
    ('unfinished', UNFINISHED, 'a note of something unfinished', 'finish it or drop it'),
    ('machine', MACHINE_PATH, 'a path of one machine', 'find it relative to the project'),
    ('machine', REGISTRY, 'the host of a package registry', 'leave it to configuration'),
)
DASH = re.compile('\u2014')
# Plugins that tests load may hang, flood or crash on purpose.
FIXTURE = re.compile(r'^tests/(?:.*/)?plugins/|/fixtures/|/testdata/')


def scan(path, text, rules, rule):
    for pattern, remedy in rules.items():
        for match in re.finditer(pattern, text, re.MULTILINE):
            what = f'"{match[0].strip()}" is not used here'
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            yield Finding(path, text.count('\n', 0, start) + 1, rule, what, remedy)


def check_names(path, code):
    name = path.split('/')[-1]
    if FILE_NAME.search(name):
        yield Finding(path, 1, 'name', f'the file name {name} says no duty',
                      'name what it does')
    for match in NAME.finditer(code):
        yield Finding(path, code.count('\n', 0, match.start()) + 1, 'name',
                      f'the name {match[0]} says no duty', 'name what it does')


def check_engine(path, code):
    """The engine and its worker know nothing of the bot."""
    if not path.startswith(('hotreload/', 'workers/')) or FIXTURE.search(path) or '_test.' in path:
        return
    for match in re.finditer(r'\w*(?:telegram|tgstats)\w*', code, re.IGNORECASE):
        if not match[0].startswith('TGSTATS_SANITIZE'):
            yield Finding(path, code.count('\n', 0, match.start()) + 1, 'engine',
                          f'"{match[0]}" in the engine', 'the bot hands such things in from above')


def check_coroutines(path, code):
    """g++ 12 destroys temporaries of such expressions twice, or never."""
    for match in re.finditer(r'[^;{}]*\bco_await\b[^;{}]*', code):
        if re.search(r'\?(?!\?)', match[0]):
            line = code.count('\n', 0, match.start() + match[0].index('co_await')) + 1
            yield Finding(path, line, 'coroutine', 'co_await inside a conditional expression',
                          'assign to a local first (g++ 12 miscompiles this)')


def check_code(path, text):
    code = cpp.code_only(cpp.without_preprocessor(text))
    yield from check_names(path, code)
    yield from check_engine(path, cpp.without_comments(text))
    yield from check_coroutines(path, code)
    if not FIXTURE.search(path):
        yield from scan(path, code, CPP_CALLS, 'call')


def check_script(path, text, language):
    rules = {'python': PYTHON_CALLS, 'javascript': SCRIPT_CALLS, 'shell': SHELL_CALLS}[language]
    if not FIXTURE.search(path):
        yield from scan(path, text, rules, 'call')


def check_everywhere(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern, what, remedy in EVERYWHERE:
            if match := pattern.search(line):
                yield Finding(path, number, rule, f'{what} ("{match[0]}")', remedy)


def check_prose(path, lines):
    """`lines` are (number, text) of comments or of a document."""
    for number, text in lines:
        if match := DASH.search(text):
            yield Finding(path, number + text.count('\n', 0, match.start()), 'prose', 'a dash',
                          'write two sentences, or a comma or colon')
