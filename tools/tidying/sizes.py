"""The house numbers: how long, wide and deep things may be."""

import ast

from tidying import cpp
from tidying.report import Finding

FILE_LINES_MAX = 400
HEADER_LINES_MAX = 120
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
PARAMETERS_MAX = 4
NESTING_MAX = 3


def check_file(path, text):
    lines = text.splitlines()
    header = path.endswith('.h')  # .hpp: header-only code, measured as the source that it is
    limit = HEADER_LINES_MAX if header else FILE_LINES_MAX
    if len(lines) > limit:
        yield Finding(path, len(lines), 'file-length', f'{len(lines)} lines, at most {limit}',
                      'split it by duty')
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield Finding(path, number, 'columns', f'{len(line)} columns, at most {COLUMNS_MAX}',
                          'break the line (C++: tools/format)')


def check_cpp_functions(path, text):
    for function in cpp.functions(text):
        name = function.name
        if function.length > FUNCTION_LINES_MAX:
            yield Finding(path, function.line, 'function-length',
                          f'{name} has {function.length} lines, at most {FUNCTION_LINES_MAX}',
                          'split it by stage')
        if function.parameters > PARAMETERS_MAX:
            yield Finding(path, function.line, 'parameters',
                          f'{name} takes {function.parameters} parameters,'
                          f' at most {PARAMETERS_MAX}',
                          'hand in a struct')
        if function.nesting > NESTING_MAX:
            yield Finding(path, function.nesting_line, 'nesting',
                          f'{name} nests {function.nesting} deep, at most {NESTING_MAX}',
                          'return early, or name the inner part')


def check_python_functions(path, text):
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return  # the interpreter says it better; broken plugins under tests/ are meant to be so
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield Finding(path, node.lineno, 'function-length',
                              f'{node.name} has {length} lines, at most {FUNCTION_LINES_MAX}',
                              'split it by stage')


def check_header(path, text):
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != '#pragma once':
        yield Finding(path, 1, 'header', 'does not begin with #pragma once', 'let it')
    elif len(lines) < 2 or not lines[1].startswith(('//', '/*')):
        yield Finding(path, 2, 'header', 'does not say its role',
                      'begin with one or two sentences of comment after #pragma once')


def check_whitespace(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if line != line.rstrip():
            yield Finding(path, number, 'whitespace', 'white space at the end', 'remove it')
        if '\t' in line and not path.endswith(('.mk', '.gitmodules')):
            yield Finding(path, number, 'whitespace', 'a tab', 'use spaces')
    if text and not text.endswith('\n'):
        yield Finding(path, text.count('\n') + 1, 'whitespace', 'no end of line at the end',
                      'add it')
