"""Plugins whose answer lies in one file each, in every place where it may lie: what the model test
edits. A subject knows where that file is and what it looks like with an answer, or broken.
"""

import sources

SHARED = "shared_words"  # a folder that is no plugin

CPP_KEPT = """#include <fstream>
#include <string>
static std::string first_word() {{
    std::ifstream file({path!r});
    std::string word;
    return file >> word ? word : "nothing";
}}
"""


class Subject:
    """`names` are the plugins that answer with the file's content."""

    def __init__(self, path, text, broken, **more):
        self.path = path
        self.text = text
        self.broken_text = broken
        self.names = more["names"]
        self.rest = more.get("rest", {})
        self.compiled = more.get("compiled", False)
        self.unit = more.get("unit", path)  # what goes when the plugin goes
        self.read_late = more.get("read_late", False)  # in a handler, so that it breaks no load

    def files(self, answer):
        return {**self.rest, self.path: self.text(answer)}


def python_words(answer):
    return f"WORDS = {answer!r}\n"


def python_broken(marker):
    return f"WORDS = 'broken'\n{marker}\n"


def python_syntax(marker):
    return f"WORDS = 'broken'\ndef {marker}(:\n"


def cpp_words(answer):
    return f'constexpr const char* words = "{answer}";\n'


def cpp_broken(marker):
    return f'constexpr const char* words = "broken";\nint other = {marker};\n'


def says_words(name, where):
    return f"from {where} import WORDS\n\n" + sources.python(
        name, body="update.message.reply_text(WORDS)"
    )


def calls_words(name, header):
    return sources.cpp(name, before=f'#include "{header}"', body="call.reply_text(words);")


def reads_words(name):
    before = (
        "import pathlib\n\n"
        "WORDS = (pathlib.Path(__file__).parent / 'words.yaml').read_text().split()[1]\n"
        "assert WORDS.isalnum(), WORDS"
    )
    return sources.python(name, before=before, body="update.message.reply_text(WORDS)")


def flat_python():
    return Subject(
        "flat_py.py",
        lambda answer: sources.python("flat_py", answer),
        lambda marker: sources.python("flat_py", "broken") + f"\n{marker}\n",
        names=["flat_py"],
    )


def package_python():
    return Subject(
        "pack_py/inner/words.py",
        python_words,
        python_syntax,
        names=["pack_py"],
        rest={
            "pack_py/__init__.py": says_words("pack_py", ".inner.words"),
            "pack_py/inner/__init__.py": "",
        },
        unit="pack_py",
    )


def data_python():
    return Subject(
        "data_py/words.yaml",
        lambda answer: f"word: {answer}\n",
        lambda marker: f"word: {marker}!\n",
        names=["data_py"],
        rest={"data_py/__init__.py": reads_words("data_py")},
        unit="data_py",
    )


def flat_cpp():
    return Subject(
        "flat_cpp.cpp",
        lambda answer: sources.cpp("flat_cpp", answer),
        lambda marker: sources.cpp("flat_cpp", "broken", before=f"int other = {marker};"),
        names=["flat_cpp"],
        compiled=True,
    )


def package_cpp():
    return Subject(
        "pack_cpp/inner/words.h",
        cpp_words,
        cpp_broken,
        names=["pack_cpp"],
        rest={"pack_cpp/plugin.cpp": calls_words("pack_cpp", "inner/words.h")},
        unit="pack_cpp",
        compiled=True,
    )


def shared_python():
    return Subject(
        f"{SHARED}/python_words.py",
        python_words,
        python_broken,
        names=["user_one", "user_two"],
        rest={
            "user_one.py": says_words("user_one", f"{SHARED}.python_words"),
            "user_two/__init__.py": says_words("user_two", f"{SHARED}.python_words"),
        },
    )


def shared_cpp():
    return Subject(
        f"{SHARED}/words.h",
        cpp_words,
        cpp_broken,
        names=["user_three"],
        rest={"user_three.cpp": calls_words("user_three", f"{SHARED}/words.h")},
        compiled=True,
    )


def kept_python():
    before = (
        "import functools, pathlib\n\n\n@functools.cache\ndef word():\n"
        "    file = pathlib.Path(__file__).parent / '_kept_py.txt'\n"
        "    return file.read_text().strip() or 'nothing'"
    )
    return Subject(
        "_kept_py.txt",
        lambda answer: f"{answer}\n",
        lambda marker: f"{marker}\n",
        names=["kept_py"],
        rest={
            "kept_py.py": sources.python(
                "kept_py", before=before, body="update.message.reply_text(word())"
            )
        },
        read_late=True,
    )


def kept_cpp(plugins):
    before = CPP_KEPT.format(path=str(plugins / "_kept_cpp.txt")).replace("'", '"')
    body = "static const auto word = first_word();\ncall.reply_text(word);"
    return Subject(
        "_kept_cpp.txt",
        lambda answer: f"{answer}\n",
        lambda marker: f"{marker}\n",
        names=["kept_cpp"],
        rest={"kept_cpp.cpp": sources.cpp("kept_cpp", before=before, body=body)},
        read_late=True,
    )


def all_subjects(plugins):
    return [
        kept_python(),
        kept_cpp(plugins),
        flat_python(),
        package_python(),
        data_python(),
        shared_python(),
        flat_cpp(),
        package_cpp(),
        shared_cpp(),
    ]
