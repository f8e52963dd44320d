"""Everything that a plugin can do wrong, in both languages, to be put wherever it runs.

A native plugin finds its fault by its own name (STAGE_FAULT), and whether it is to commit it, and
what it answers otherwise, in two texts that are written over in the library: it is compiled once.
"""

import os
import pathlib
import subprocess

import sources
from bot import SOURCE, true

# fault: (Python, C++, what the reason says)
FAULTS = {
    "raises": (
        "raise ValueError('no such thing')",
        'throw tgstats::Error("no such thing");',
        "no such thing",
    ),
    "leaves": ("os._exit(0)", "::_exit(0);", "exit status 0"),
    "exits": ("os._exit(3)", "::_exit(3);", "exit status 3"),
    "segfaults": (
        "import ctypes\nctypes.string_at(0)",
        "::raise(SIGSEGV);",
        "signal 11",
    ),
    "aborts": ("os.abort()", "std::abort();", "signal 6"),
    "hangs": ("threading.Event().wait()", "for (;;) ::pause();", " ms"),
    "stops": ("os.kill(os.getpid(), signal.SIGSTOP)", "::raise(SIGSTOP);", " ms"),
    "babbles": (
        "os.write(3, b'this is no JSON\\n')\nthreading.Event().wait()",
        'say("this is no JSON\\n", 1);\nfor (;;) ::pause();',
        "unreadable message",
    ),
    "bloats": (
        "say(b'x' * (1 << 20), 20)\nthreading.Event().wait()",
        "say(std::string(1 << 20, 'x'), 20);\nfor (;;) ::pause();",
        "message over 16777216 bytes",
    ),
    "closes": (
        "os.close(3)\nthreading.Event().wait()",
        "::close(3);\nfor (;;) ::pause();",
        "the conversation ended",
    ),
    "forks": (
        "if os.fork() == 0:\n    threading.Event().wait()\nos._exit(4)",
        "if (::fork() == 0) for (;;) ::pause();\n::_exit(4);",
        "exit status 4",
    ),
    "floods": (
        "for _ in range(400):\n    os.write(1, LINES)\n    os.write(2, LINES)\nos._exit(5)",
        "for (int i = 0; i < 400; ++i) {\n    shout(1);\n    shout(2);\n}\n::_exit(5);",
        "exit status 5",
    ),
    "hogs": (
        "hoard = []\nfor _ in range(64):\n    hoard.append(b'x' * (1 << 20))\nos._exit(6)",
        "for (int i = 0; i < 64; ++i) std::memset(std::malloc(1 << 20), i, 1 << 20);\n::_exit(6);",
        "exit status 6",
    ),
    "leaks": (
        "for _ in range(200):\n    os.dup(0)\nos._exit(7)",
        "for (int i = 0; i < 200; ++i) ::dup(0);\n::_exit(7);",
        "exit status 7",
    ),
    "threads": (
        "threading.Thread(target=os.abort).start()\nthreading.Event().wait()",
        "std::thread([] { std::abort(); }).detach();\nfor (;;) ::pause();",
        "signal 6",
    ),
}

PYTHON_BEFORE = """import os
import signal
import threading

LINES = (b"y" * 99 + b"\\n") * 100


def say(data, times):
    for _ in range(times):
        left = data
        while left:
            left = left[os.write(3, left):]

"""

CPP = """#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include <tgstats/plugin.hpp>

namespace {{

// Written over in the compiled library.
volatile char whether[] = "faulty:0";
volatile char word[] = "answer:      ";

// The worker's second argument is the plugin's name: STAGE_FAULT.
std::string name() {{
    std::ifstream file("/proc/self/cmdline");
    std::string word;
    std::getline(file, word, '\\0');
    std::getline(file, word, '\\0');
    return word;
}}

void say(const std::string& text, int times) {{
    ::signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < times; ++i)
        for (std::size_t at = 0; at < text.size();) {{
            const auto count = ::write(3, text.data() + at, text.size() - at);
            if (count < 0) return;
            at += static_cast<std::size_t>(count);
        }}
}}

void shout(int descriptor) {{
    static const std::string line = std::string(99, 'y') + "\\n";
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += line;
    if (::write(descriptor, lines.data(), lines.size()) < 0) return;
}}

void misbehave(const std::string& stage) {{
    const auto own = name();
    if (whether[7] == '0' || own.rfind(stage + "_", 0) != 0) return;
    const auto fault = own.substr(stage.size() + 1);
{faults}
}}

const bool loaded = [] {{
    misbehave("import");
    return true;
}}();

class Faulty : public tgstats::CommandPlugin {{
public:
    tgstats::Metadata metadata() const override {{ return {{.name = name()}}; }}
    void initialize(tgstats::Context&) override {{ misbehave("initialize"); }}
    void probe(tgstats::Probe&) override {{ misbehave("probe"); }}
    void shutdown() override {{ misbehave("shutdown"); }}
    void commands(tgstats::Commands& commands) override {{
        commands.add(name(), "Goes wrong", [](tgstats::Call& call) {{
            misbehave("handle");
            std::string answer;
            for (int i = 7; word[i] > ' '; ++i) answer += word[i];
            call.reply_text(answer);
        }});
    }}
}};

}}  // namespace

TGSTATS_PLUGIN(Faulty)
"""


def python(name, stage, fault, word="good"):
    """A Python plugin that does `fault` at `stage`; no fault makes it a good one."""
    code = FAULTS[fault][0] if fault else "pass"
    body = f"update.message.reply_text({word!r})"
    before = PYTHON_BEFORE
    members = "pass"
    if stage == "import":
        before += code + "\n"
    elif stage == "handle":
        body = code + "\n" + body
    else:
        arguments = "self, context" if stage == "initialize" else "self"
        members = f"def {stage}({arguments}):\n{sources.indented(code, 4)}"
    return sources.python(name, before=before, body=body, members=members)


def native(folder):
    """Compiles the library for all native plugins; returns its bytes."""
    branches = "".join(
        f'    if (fault == "{fault}") {{\n{sources.indented(code, 8)}\n    }}\n'
        for fault, (_, code, _) in FAULTS.items()
    )
    source = pathlib.Path(folder) / "faulty.cc"
    library = pathlib.Path(folder) / "faulty.library"
    source.write_text(CPP.format(faults=branches), encoding="utf-8")
    words = ["c++", "-std=c++20", "-O0", "-w", "-shared", "-fPIC", f"-I{SOURCE}/sdk/cpp"]
    run = subprocess.run([*words, source, "-o", library], capture_output=True, text=True)
    true(run.returncode == 0, f"the faulty plugin compiles:\n{run.stderr}")
    data = library.read_bytes()
    source.unlink()
    library.unlink()
    return data


def native_that(library, faulty, answer="good"):
    """The library with its two texts written over; the answer has at most six letters."""
    changed = library.replace(b"faulty:0", b"faulty:%d" % faulty)
    return changed.replace(b"answer:      ", b"answer:" + answer.encode().ljust(6))


def save_native(bot_folder, name, library):
    """A library is moved into its place, as an install step does."""
    target = bot_folder / "plugins" / f"{name}.so"
    target.parent.mkdir(exist_ok=True)
    aside = bot_folder / "library"
    aside.write_bytes(library)
    os.rename(aside, target)
