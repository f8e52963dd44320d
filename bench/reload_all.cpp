// All plugins at once: from saving plugins.yaml with another `config` for each of 1, 5, 50 and 200
// Python plugins to the last one's answer out of its new configuration.
//
//   reload_all [ROUNDS] [--json]      (default 5 rounds for each number)

#include <fmt/format.h>

#include "bench/stage.h"

namespace {

using namespace bench;

constexpr Millis rest_time{100};
constexpr int plugin_counts[] = {1, 5, 50, 200};

std::string command(int plugin) { return fmt::format("command_{}", plugin); }

std::string configured_content(const std::string& command) {
    return fmt::format(
        "offers = [{{'kind': 'command', 'name': '{}'}}]\nconfig = {{}}\n\n\n"
        "def initialize(host):\n    config.update(host.config)\n\n\n"
        "def handle(offer, event):\n    return f\"edit {{config['edit']}}\"\n",
        command);
}

std::string configuration(int plugins, int edit) {
    std::string text = "plugins:\n";
    for (int plugin = 0; plugin < plugins; ++plugin)
        text += fmt::format("  plugin_{}: {{config: {{edit: {}}}}}\n", plugin, edit);
    return text;
}

struct Times {
    double published_ms = 0;
    double answered_ms = 0;
    double replaced_ms = 0;  // the old processes have ended, too
};

double milliseconds(const Stopwatch& watch) {
    return static_cast<double>(watch.total().count()) / 1000.0;
}

Task<Times> one_round(Bench& bench, int plugins, int edit) {
    const auto seq = bench.events.last_seq();
    const Stopwatch watch;
    Times times;
    save(bench.plugin("plugins.yaml"), configuration(plugins, edit));
    co_await told(bench, EventType::command_registered, plugins, seq);
    times.published_ms = milliseconds(watch);
    for (int plugin = 0; plugin < plugins; ++plugin) {
        const bool live = co_await answers(bench, command(plugin), edit);
        if (!live) throw std::runtime_error(fmt::format("plugin_{} answers as before", plugin));
    }
    times.answered_ms = milliseconds(watch);
    co_await told(bench, EventType::plugins_reloaded, plugins, seq);
    times.replaced_ms = milliseconds(watch);
    co_return times;
}

Task<void> measure(Bench& bench, int plugins, int rounds, Table& table) {
    for (int round = 1; round <= rounds; ++round) {
        const auto times = co_await one_round(bench, plugins, round);
        table.add(fmt::format("{} plugins, all published", plugins), times.published_ms);
        table.add(fmt::format("{} plugins, all have answered", plugins), times.answered_ms);
        table.add(fmt::format("{} plugins, the old ones have ended", plugins), times.replaced_ms);
        co_await rest(rest_time);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments(argc, argv);
    Table table{.title = "plugins.yaml saved, all reloaded", .unit = "ms", .rows = {}};
    for (const int plugins : plugin_counts) {
        const auto fill = [&](const fs::path& folder) {
            for (int plugin = 0; plugin < plugins; ++plugin)
                save(folder / fmt::format("plugin_{}.py", plugin),
                     configured_content(command(plugin)));
            save(folder / "plugins.yaml", configuration(plugins, 0));
        };
        const auto all = [&](Bench& bench) {
            return measure(bench, plugins, arguments.number(0, 5), table);
        };
        if (const int status = run(fill, all); status != 0) return status;
    }
    table.row("200 plugins, all published").note = "promised: at most 600";
    print({table}, arguments.json);
    return 0;
}
