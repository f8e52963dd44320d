// One edited plugin among 200: what it costs, beside one plugin alone, and whether the other 199
// keep their processes.
//
//   one_of_200 [EDITS] [--json]      (default 50)

#include <map>

#include <fmt/format.h>

#include "bench/stage.h"

namespace {

using namespace bench;

constexpr Millis rest_time{50};

std::string command(int plugin) { return fmt::format("command_{}", plugin); }

std::map<std::string, pid_t> processes(const Bench& bench) {
    std::map<std::string, pid_t> pids;
    for (const auto& plugin : bench.engine.status()) pids[plugin.name] = plugin.pid;
    return pids;
}

Task<void> one_edit(Bench& bench, int edit, Table& table, std::string row) {
    auto seen = bench.events.last_seq();
    const auto before = seen;
    const Stopwatch watch;
    save(bench.plugin("plugin_0.py"), python_content(command(0), edit));
    for (bool live = false; !live;) {
        const bool more = co_await bench.events.wait_after(seen, reload_deadline);
        if (!more) throw std::runtime_error("the edit did not go live");
        bool published = false;
        for (const auto& event : bench.events.after(seen, 1000).events) {
            seen = event.seq;
            published = published || event.type == EventType::command_registered;
        }
        if (published) live = co_await answers(bench, command(0), edit);
    }
    table.add(row, static_cast<double>(watch.total().count()) / 1000.0);
    Table stages;
    co_await note_reload(bench, before, stages);
    table.add(row + ": look and fingerprint", stages.row("fingerprinted").samples.at(0));
    co_await rest(rest_time);
}

Task<void> measure(Bench& bench, int plugins, int edits, Table& table) {
    const auto before = processes(bench);
    const auto row = fmt::format("1 of {}", plugins);
    for (int edit = 1; edit <= edits; ++edit) co_await one_edit(bench, edit, table, row);
    int kept = 0;
    for (const auto& [name, pid] : processes(bench)) kept += before.at(name) == pid ? 1 : 0;
    if (kept != plugins - 1)
        throw std::runtime_error(
            fmt::format("{} of {} others kept their process", kept, plugins - 1));
    table.row(row).note = fmt::format("{} others kept their processes", kept);
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv);
    Table table{.title = "One plugin edited, save to answer", .unit = "ms", .rows = {}};
    for (const int plugins : {1, 200}) {
        const auto fill = [&](const fs::path& folder) {
            for (int plugin = 0; plugin < plugins; ++plugin)
                save(folder / fmt::format("plugin_{}.py", plugin),
                     python_content(command(plugin), 0));
        };
        const auto all = [&](Bench& bench) {
            return measure(bench, plugins, arguments.number(0, 50), table);
        };
        if (const int status = run(fill, all); status != 0) return status;
    }
    print({table}, arguments.json);
    return 0;
}
