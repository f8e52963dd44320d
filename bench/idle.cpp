// What the engine costs when nothing happens: CPU of the host that watches 5,000 files, and memory
// of 200 idle Python workers and of some in C++.
//
//   idle [SECONDS] [--json]      (default 180)
//
// Each minute has one look at everything in it; the first of them reads again what was new.

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include <fmt/format.h>

#include "bench/stage.h"

namespace {

using namespace bench;

constexpr int packages = 200;
constexpr int files_in_package = 25;  // with __init__.py: 5,000 files
constexpr int cpp_plugins = 8;
constexpr int seconds_of_part = 60;  // as often as the engine looks behind the events' back
constexpr auto private_row = "private to a worker";
constexpr auto share_row = "with its part of what is shared";

double cpu_ms() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

// Of /proc/PID/smaps_rollup, in MB.
double megabytes(pid_t pid, const std::vector<std::string>& fields) {
    std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
    double kilobytes = 0;
    for (std::string line; std::getline(rollup, line);) {
        std::istringstream words(line);
        std::string name;
        double value = 0;
        words >> name >> value;
        for (const auto& field : fields)
            if (name == field + ":") kilobytes += value;
    }
    return kilobytes / 1024.0;
}

Table memory_of(Bench& bench, Language language, std::string title, std::string promise) {
    Table memory{.title = std::move(title), .unit = "MB", .rows = {}};
    memory.row(private_row).note = std::move(promise);
    for (const auto& plugin : bench.engine.status()) {
        if (plugin.language != language) continue;
        memory.add(private_row, megabytes(plugin.pid, {"Private_Clean", "Private_Dirty"}));
        memory.add(share_row, megabytes(plugin.pid, {"Pss"}));
    }
    return memory;
}

Task<void> measure(Bench& bench, int seconds, std::vector<Table>& tables) {
    co_await rest(Millis{3'000});
    const int parts = std::max(1, seconds / seconds_of_part);
    const int part_seconds = std::min(seconds, seconds_of_part);
    Table cpu{.title = "Host that watches 5,000 files", .unit = "us of CPU per s", .rows = {}};
    cpu.row("idle").note =
        fmt::format("samples of {} s; promised: at most 500, which is 0.05 %", part_seconds);
    for (int part = 0; part < parts; ++part) {
        const auto before = cpu_ms();
        const Stopwatch watch;
        co_await rest(Millis{part_seconds * 1'000});
        const double seconds_passed = static_cast<double>(watch.total().count()) / 1e6;
        cpu.add("idle", (cpu_ms() - before) * 1e3 / seconds_passed);
    }

    auto python = memory_of(bench, Language::python, "Idle Python workers", "promised: at most 4");
    const auto shares = python.row(share_row).samples;
    auto& together = python.row(fmt::format("all {} together", packages));
    together.samples = {std::accumulate(shares.begin(), shares.end(), 0.0)};
    together.note = "promised: at most 1024";
    auto cpp = memory_of(bench, Language::cpp, "Idle C++ workers", "promised: at most 2");
    tables = {std::move(cpu), std::move(python), std::move(cpp)};
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv);
    std::vector<Table> tables;
    const auto fill = [](const fs::path& plugins) {
        for (int package = 0; package < packages; ++package) {
            const auto folder = plugins / fmt::format("package_{}", package);
            fs::create_directories(folder);
            save(folder / "__init__.py", python_content(fmt::format("command_{}", package), 0));
            for (int file = 1; file < files_in_package; ++file)
                save(folder / fmt::format("part_{}.py", file), "VALUE = 1\n");
        }
        for (int plugin = 0; plugin < cpp_plugins; ++plugin)
            save(plugins / fmt::format("native_{}.cpp", plugin),
                 cpp_content(fmt::format("native_{}", plugin), 0));
    };
    const auto all = [&](Bench& bench) { return measure(bench, arguments.number(0, 180), tables); };
    const int status = run(fill, all);
    if (status == 0) print(tables, arguments.json);
    return status;
}
