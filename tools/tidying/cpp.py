"""As much of C++ as the rules need: text without comments and strings, and where functions are."""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<raw>[^()\\ ]{0,16})\(.*?\)(?P=raw)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


@dataclass
class Function:
    name: str
    line: int          # where its head ends and the body's brace opens
    length: int        # lines from that brace to the closing one
    parameters: int
    nesting: int       # control statements inside each other
    nesting_line: int


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


def without_comments(text):
    """The same text with comments blanked out: lines and columns stay."""
    return TOKEN.sub(lambda m: blank(m[0]) if m[0].startswith(('//', '/*')) else m[0], text)


def code_only(text):
    """The same text with comments and the inside of strings blanked out."""
    def replace(match):
        token = match[0]
        if token.startswith(('//', '/*')):
            return blank(token)
        quote = token[-1]
        return quote + blank(token[1:-1]) + quote
    return TOKEN.sub(replace, text)


def comments(text):
    """(line, text) of every comment."""
    for match in TOKEN.finditer(text):
        if match[0].startswith(('//', '/*')):
            yield text.count('\n', 0, match.start()) + 1, match[0]


def without_preprocessor(code):
    return re.sub(r'^[ \t]*#(?:[^\n\\]|\\\n|\\.)*', lambda m: blank(m[0]), code, flags=re.MULTILINE)


CONTROL = re.compile(r'^(?:\}?\s*else\s+)?(?:if|for|while|switch|do|try|else|catch)\b')
SCOPE = re.compile(r'\b(?:namespace|class|struct|union|enum|extern)\b')
HEAD_NAME = re.compile(r'(~?[A-Za-z_]\w*|operator\s*(?:\(\)|\[\]|[^\s\w(]+|[\w:]+))\s*\(')


def strip_angles(text):
    """Without template arguments and parameters, so that their commas do not count."""
    previous = None
    while previous != text:
        previous = text
        text = re.sub(r'<[^<>(){};]*>', '', text)
    return text


def closing(text, start):
    """Index after the bracket that closes the one at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] in '([{') - (text[index] in ')]}')
        if depth == 0:
            return index + 1
    return len(text)


def parameter_count(inside):
    inside = inside.strip()
    if inside in ('', 'void'):
        return 0
    depth = commas = 0
    for char in inside:
        depth += (char in '([{') - (char in ')]}')
        commas += char == ',' and depth == 0
    return commas + 1


def function_head(head):
    """(name, parameters) when `head`, the text before a brace, is that of a function."""
    head = strip_angles(re.sub(r'\[\[.*?\]\]', '', head.replace('->', '  ')))
    head = re.sub(r'^\s*(?:template|requires)\b[^;{}]*?(?=\b(?:auto|inline|static)\b)', '', head)
    match = HEAD_NAME.search(head)
    if not match or '=' in re.sub(r'operator\s*\W+', '', head[:match.start()]):
        return None
    open_paren = match.end() - 1
    return match[1], parameter_count(head[open_paren + 1:closing(head, open_paren) - 1])


class Blocks:
    """Walks the braces of a file and notes the functions."""

    def __init__(self, text):
        self.code = without_preprocessor(code_only(text))
        self.functions = []
        self.open = []      # (kind, head start, line, details)
        self.parens = 0
        self.walk()

    def walk(self):
        start, line, saved = 0, 1, []
        for index, char in enumerate(self.code):
            if char == '\n':
                line += 1
            elif char in '()':
                self.parens += 1 if char == '(' else -1
            elif char == '{':
                self.enter(self.code[start:index], line)
                saved.append(self.parens)
                self.parens, start = 0, index + 1
            elif char == '}' and self.open:
                kind = self.open[-1][0]
                self.leave(line)
                self.parens = saved.pop()
                start = start if kind == 'braced' and self.parens else index + 1
            elif char == ';' and self.parens == 0:
                start = index + 1

    def inside_function(self):
        return any(block[0] == 'function' for block in self.open)

    def enter(self, head, line):
        head = re.sub(r'^\s*(?:(?:public|private|protected)\s*:(?!:)\s*)+', '', head).strip()
        if self.inside_function():
            kind = 'control' if CONTROL.match(head) and self.parens == 0 else 'braced'
            self.open.append((kind, line, None))
            if kind == 'control':
                self.note_nesting(line)
            return
        found = None if self.parens else function_head(head)
        if found and not SCOPE.search(strip_angles(head).split('(')[0]):
            self.open.append(('function', line, Function(*found[:1], line, 0, found[1], 0, line)))
        else:
            self.open.append(('scope', line, None))

    def note_nesting(self, line):
        function = next(block[2] for block in self.open if block[0] == 'function')
        depth = sum(block[0] == 'control' for block in self.open)
        if depth > function.nesting:
            function.nesting, function.nesting_line = depth, line

    def leave(self, line):
        kind, start, function = self.open.pop()
        if kind == 'function':
            function.length = line - start + 1
            self.functions.append(function)


def functions(text):
    return Blocks(text).functions
