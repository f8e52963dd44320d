"""Which files there are, and which rules hold for which of them."""

import io
import os
import tokenize
from pathlib import Path

from tidying import cpp, layout, sizes, words
from tidying.report import Finding

SKIPPED_AT_TOP = {'.git', 'build', 'data', 'logs'}
SKIPPED = {'node_modules', '__pycache__', '.library'}
LANGUAGES = {
    '.cpp': 'cpp', '.h': 'cpp', '.hpp': 'cpp', '.c': 'cpp',
    '.py': 'python', '.mjs': 'javascript', '.js': 'javascript', '.sh': 'shell',
    '.css': 'other', '.html': 'other', '.cmake': 'other', '.txt': 'other',
    '.md': 'document',
}
INTERPRETERS = (('python', 'python'), ('node', 'javascript'), ('sh', 'shell'))
# Folders that hold inputs of tests rather than code of ours.
INPUTS = ('tests/protocol/', 'tests/data/', 'tests/fuzz/corpus/')


def language_of(path, text):
    suffix = Path(path).suffix
    first = text.partition('\n')[0]
    if first.startswith('#!'):
        return next((language for word, language in INTERPRETERS if word in first), 'other')
    return LANGUAGES.get(suffix, 'data')


def project_files(root):
    for folder, folders, files in os.walk(root):
        top = Path(folder) == root
        folders[:] = sorted(name for name in folders
                            if name not in SKIPPED and not (top and name in SKIPPED_AT_TOP))
        for name in sorted(files):
            yield (Path(folder) / name).relative_to(root).as_posix()


def python_comments(text):
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def check_cpp(path, text):
    yield from sizes.check_file(path, text)
    yield from sizes.check_cpp_functions(path, text)
    yield from layout.check_includes(path, cpp.without_comments(text))
    yield from words.check_code(path, text)
    yield from words.check_prose(path, cpp.comments(text))
    if path.endswith(('.h', '.hpp')):
        yield from sizes.check_header(path, text)


def check_language(path, text, language):
    if language == 'cpp':
        yield from check_cpp(path, text)
    elif language in ('python', 'javascript', 'shell'):
        yield from sizes.check_file(path, text)
        yield from words.check_script(path, text, language)
        if language == 'python':
            yield from sizes.check_python_functions(path, text)
            yield from words.check_names(path, text)
            yield from words.check_prose(path, python_comments(text))
    elif language == 'other':
        yield from sizes.check_file(path, text)
    elif language == 'document':
        yield from words.check_prose(path, enumerate(text.splitlines(), 1))


def check_text(path, text):
    """All findings in one file; `path` is relative to the root."""
    if path.startswith(INPUTS):
        return
    yield from sizes.check_whitespace(path, text)
    yield from words.check_everywhere(path, text)
    yield from check_language(path, text, language_of(path, text))


def has_subject(test):
    """Whether x_test.cpp or x_topic_test.cpp lies beside x.cpp or x.h, in x/, or by a main.cpp."""
    words = test.name.removesuffix('_test.cpp').split('_')
    subjects = ['main', *('_'.join(words[:count]) for count in range(1, len(words) + 1))]
    return test.parent.name in subjects or any(
        (test.parent / f'{subject}{suffix}').exists()
        for subject in subjects for suffix in ('.cpp', '.h', '.hpp'))


def check_place(root, path):
    """What can be said of a file only by looking beside it."""
    file = root / path
    if path.endswith('_test.cpp') and not has_subject(file):
        yield Finding(path, 1, 'test-name', 'a test of something that is not beside it',
                      'name it x_test.cpp or x_topic_test.cpp, beside x.cpp')
    case = path.startswith('tests/cases/') and file.name == 'test'
    if (case or file.read_bytes()[:2] == b'#!') and not os.access(file, os.X_OK):
        yield Finding(path, 1, 'executable', 'a script that cannot be executed', 'chmod +x')


def check_project(root, paths):
    findings = []
    for path in paths:
        data = (root / path).read_bytes()
        findings += check_place(root, path)
        if b'\0' not in data:
            findings += check_text(path, data.decode('utf-8', errors='replace'))
    return findings
