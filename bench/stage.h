#pragma once
// Where measurements of the engine take place: a folder of plugins, one engine on it, one loop.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "bench/report.h"
#include "hotreload/reload/engine.h"

namespace bench {

using namespace hotreload;
namespace fs = std::filesystem;

constexpr Millis settle_deadline{120'000};
constexpr Millis reload_deadline{60'000};

// An engine on its folder. The folder has `plugins`, with the configuration, `cache` and `data`.
struct Bench {
    Engine& engine;
    EventLog& events;
    fs::path folder;

    [[nodiscard]] fs::path plugin(const std::string& file) const {
        return folder / "plugins" / file;
    }
};

// In place, as most editors' simplest way is.
void save(const fs::path& file, const std::string& content);

// One-command plugins; `edit` is what the answer says.
std::string python_content(const std::string& command, int edit);
std::string cpp_content(const std::string& command, int edit);

// Asks the command once; whether the answer is that edit's.
Task<bool> answers(Bench& bench, std::string command, int edit);

// Completes at the next plugins_reloaded after `seq`, whose stage times ("started_ms", …) are added
// to the table; throws at the deadline.
Task<void> note_reload(Bench& bench, std::uint64_t seq, Table& table);

// Completes when `count` events of the type have come after `seq`; throws at the deadline.
Task<void> told(Bench& bench, EventType type, int count, std::uint64_t seq);

// A rest in which the nursery has a child ready again.
Task<void> rest(Millis time);

// Makes the folder and the engine (which warms the compiler up only where `fill` wrote C++), has
// `fill` write the plugins, starts, waits until all serve,
// runs `measure`, stops, and removes the folder. Gives the program's exit status.
using Measure = std::function<Task<void>(Bench& bench)>;
int run(const std::function<void(const fs::path& plugins)>& fill, Measure measure);

}  // namespace bench
