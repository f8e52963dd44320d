// From saving a plugin's file to the first answer of the new code, stage by stage.
//
//   edit_to_live [EDITS] [PAUSE_MS] [python] [cpp] [--json]     (100 edits in Python, 25 in C++)
//
// Each edit is one in-place save of a one-command plugin; the clock starts before the file is
// opened and stops when the engine has handed back an answer that only the new content can give.
// PAUSE_MS (default 50) is the rest between one edit's answer and the next save: people are slower.
// With 1 each save comes before the next worker has been forked ahead.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "bench/stage.h"
#include "hotreload/base/process.h"
#include "hotreload/build/compile_command.h"

namespace {

using namespace bench;

struct Subject {
    std::string title;
    std::string file;
    std::string command;
    std::string (*content)(const std::string& command, int edit);
};

const Subject python{"Python", "in_python.py", "from_python", python_content};
const Subject cpp{"C++", "in_cpp.cpp", "from_cpp", cpp_content};

struct Plan {
    Millis pause{};
    int python_edits = 0;  // 0: leave that language out
    int cpp_edits = 0;
};

double milliseconds(const Stopwatch& watch) {
    return static_cast<double>(watch.total().count()) / 1000.0;
}

// Waits for the publication, then asks; asks again only if the answer is still the old one.
Task<void> one_edit(Bench& bench, Subject subject, int edit, Table& table) {
    auto& events = bench.events;
    const auto content = subject.content(subject.command, edit);
    auto seen = events.last_seq();
    const Stopwatch watch;
    save(bench.plugin(subject.file), content);
    table.add("saved", milliseconds(watch));
    const auto until = monotonic_now() + reload_deadline;
    while (monotonic_now() < until) {
        const bool more = co_await events.wait_after(seen, reload_deadline);
        if (!more) break;
        bool published = false;
        for (const auto& event : events.after(seen, 1000).events) {
            seen = event.seq;
            published = published || event.type == EventType::command_registered;
        }
        if (!published) continue;
        const Stopwatch asked;
        const bool live = co_await answers(bench, subject.command, edit);
        if (!live) continue;
        table.add("answered", milliseconds(asked));
        table.add("save to answer", milliseconds(watch));
        co_return;
    }
    throw std::runtime_error(fmt::format("edit {} of {} did not go live", edit, subject.file));
}

// The folder of the header that the engine has precompiled, or empty.
fs::path precompiled_dir(const fs::path& cache) {
    for (const auto& entry : fs::recursive_directory_iterator(cache))
        if (entry.path().extension() == ".gch") return entry.path().parent_path().parent_path();
    return {};
}

Task<double> run_alone(std::vector<std::string> argv, fs::path folder) {
    SpawnOptions options;
    options.argv = std::move(argv);
    options.env = {{"PATH", "/usr/bin:/bin"}};
    options.working_dir = std::move(folder);
    const Stopwatch watch;
    const auto outcome = co_await run_process(std::move(options), {});
    if (!outcome || !outcome->status.success()) throw std::runtime_error("g++ failed");
    co_return milliseconds(watch);
}

// The floor beside C++: the engine's own two commands on the same text, and nothing else.
Task<void> compile_alone(Bench& bench, int edit, Table& table) {
    const auto folder = bench.folder / "floor";
    fs::create_directories(folder);
    save(folder / "floor.cpp", cpp_content("floor", edit));
    CompileCommand compile;
    compile.compiler = "g++";
    compile.flags.include_dirs = {fs::path(SOURCE_DIR) / "sdk" / "cpp"};
    compile.precompiled_dir = precompiled_dir(bench.folder / "cache");
    compile.source = "floor.cpp";
    compile.object = folder / "floor.o";
    compile.depfile = folder / "floor.d";
    LinkCommand link;
    link.compiler = "g++";
    link.linker_flag = "-fuse-ld=mold";
    link.objects = {compile.object};
    link.output = folder / "floor.so";
    const double compiled = co_await run_alone(compile_argv(compile), folder);
    const double linked = co_await run_alone(link_argv(link), folder);
    table.add("g++ -c alone", compiled);
    table.add("g++ -shared alone", linked);
    auto& whole = table.row("save to answer").samples;
    table.add("beyond g++", whole.back() - compiled - linked);
}

Task<Table> measure(Bench& bench, Subject subject, int edits, Millis pause) {
    Table table{.title = subject.title + ", save to answer", .unit = "ms", .rows = {}};
    for (const auto* stage :
         {"saved", "noticed", "fingerprinted", "built", "started", "loaded", "probed", "published",
          "answered", "save to answer", "live", "drained"})
        table.row(stage);
    for (int edit = 1; edit <= edits; ++edit) {
        const auto seq = bench.events.last_seq();
        co_await one_edit(bench, subject, edit, table);
        co_await note_reload(bench, seq, table);
        if (subject.file == cpp.file) co_await compile_alone(bench, edit, table);
        co_await rest(pause);
    }
    co_return table;
}

// The floor beside Python: write the file, fork, and one byte over a socket and back.
Table fork_floor(const fs::path& folder, int runs) {
    Table table{.title = "floor: write, fork, ask over a socket", .unit = "ms", .rows = {}};
    for (int run = 0; run < runs; ++run) {
        const Stopwatch watch;
        save(folder / "floor.py", python_content("floor", run));
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) break;
        const pid_t child = ::fork();
        char byte = 'x';
        if (child == 0) {
            const auto got = ::read(ends[1], &byte, 1) + ::write(ends[1], &byte, 1);
            ::_exit(got == 2 ? 0 : 1);
        }
        const auto done = ::write(ends[0], &byte, 1) + ::read(ends[0], &byte, 1);
        const double took = milliseconds(watch);
        ::waitpid(child, nullptr, 0);
        ::close(ends[0]);
        ::close(ends[1]);
        if (done == 2) table.add("kernel", took);
    }
    return table;
}

Task<void> measure_all(Bench& bench, Plan plan, std::vector<Table>& tables) {
    if (plan.python_edits > 0) {
        tables.push_back(co_await measure(bench, python, plan.python_edits, plan.pause));
        tables.push_back(fork_floor(bench.folder, plan.python_edits));
    }
    if (plan.cpp_edits > 0) {
        tables.push_back(co_await measure(bench, cpp, plan.cpp_edits, plan.pause));
    }
}

Plan plan_of(const Arguments& arguments) {
    const int edits = arguments.number(0, 100);
    Plan plan{Millis(arguments.number(1, 50)), edits, edits};
    if (arguments.has("python") == arguments.has("cpp"))
        plan.cpp_edits = std::max(edits / 4, 1);
    else
        (arguments.has("python") ? plan.cpp_edits : plan.python_edits) = 0;
    return plan;
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv);
    const Plan plan = plan_of(arguments);
    std::vector<Table> tables;
    const auto fill = [&](const fs::path& plugins) {
        if (plan.python_edits > 0) save(plugins / python.file, python.content(python.command, 0));
        if (plan.cpp_edits > 0) save(plugins / cpp.file, cpp.content(cpp.command, 0));
    };
    const auto all = [&](Bench& bench) { return measure_all(bench, plan, tables); };
    const int status = run(fill, all);
    if (status == 0) print(tables, arguments.json);
    return status;
}
