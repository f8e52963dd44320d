// What the engine costs when nothing happens: CPU of the host that watches 5,000 files, and memory
// of 200 idle Python workers.
//
//   idle [SECONDS] [--json]      (default 30)

#include <sys/resource.h>
#include <time.h>

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "bench/stage.h"

namespace {

using namespace bench;

constexpr int packages = 200;
constexpr int files_in_package = 25;  // with __init__.py: 5,000 files

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

Task<void> measure(Bench& bench, int seconds, std::vector<Table>& tables) {
    co_await rest(Millis{3'000});
    Table cpu{.title = "Host that watches 5,000 files", .unit = "us of CPU per s", .rows = {}};
    cpu.row("idle").note =
        fmt::format("over {} s; promised: at most 500, which is 0.05 %", seconds);
    const auto before = cpu_ms();
    const Stopwatch watch;
    co_await rest(Millis{seconds * 1'000});
    const double seconds_passed = static_cast<double>(watch.total().count()) / 1e6;
    cpu.add("idle", (cpu_ms() - before) * 1e3 / seconds_passed);

    Table memory{.title = "Idle Python workers", .unit = "MB", .rows = {}};
    memory.row("private to a worker").note = "promised: at most 4";
    double all = 0;
    for (const auto& plugin : bench.engine.status()) {
        memory.add("private to a worker",
                   megabytes(plugin.pid, {"Private_Clean", "Private_Dirty"}));
        const double share = megabytes(plugin.pid, {"Pss"});
        memory.add("with its part of what is shared", share);
        all += share;
    }
    memory.add(fmt::format("all {} together", packages), all);
    memory.row(fmt::format("all {} together", packages)).note = "promised: at most 1024";
    tables = {cpu, memory};
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
    };
    const auto all = [&](Bench& bench) { return measure(bench, arguments.number(0, 30), tables); };
    const int status = run(fill, all);
    if (status == 0) print(tables, arguments.json);
    return status;
}
