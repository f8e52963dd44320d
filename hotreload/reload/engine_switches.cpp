// Plugins switched on and off by hand: kept over a restart, and taken back by a later edit.

#include <fstream>
#include <iterator>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/reload/engine_state.h"

namespace hotreload {
namespace {

constexpr std::string_view switches_file = "switched.json";

}  // namespace

void Engine::State::report_taken_back(const Catalog::Look& seen) {
    if (seen.taken_back.empty()) return;
    for (const auto& name : seen.taken_back) {
        const auto& entry = *seen.entries.at(name);
        events.emit(EventType::plugin_switch_taken_back,
                    {{"plugin", name},
                     {"enabled", entry.config.enabled},
                     {"reason", "its switch by hand is older than what the file says: " +
                                    entry.switch_text()}});
    }
    if (const auto saved = save_switches(); !saved)
        events.emit(EventType::internal_error, {{"task", "switches"}, {"reason", saved.error()}});
}

void Engine::State::load_switches() {
    std::ifstream file(options.data_dir / switches_file);
    if (!file) return;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return;
    std::map<std::string, Switch> switches;
    for (const auto& member : value.get_object()) {
        const auto* details = member.value().if_object();
        const auto* enabled = details ? details->if_contains("enabled") : &member.value();
        const auto* over = details ? details->if_contains("over") : nullptr;
        if (enabled == nullptr || !enabled->is_bool()) continue;
        auto& by_hand = switches[member.key()];
        by_hand.enabled = enabled->get_bool();
        by_hand.compared = details != nullptr;
        if (over != nullptr && over->is_bool()) by_hand.over = over->get_bool();
    }
    catalog.restore_switches(std::move(switches));
}

Result<void, std::string> Engine::State::save_switches() {
    json::object switched;
    for (const auto& [name, by_hand] : catalog.switched()) {
        auto& shown = switched[name].emplace_object();
        shown["enabled"] = by_hand.enabled;
        if (by_hand.compared)
            shown["over"] = by_hand.over ? json::value(*by_hand.over) : json::value(nullptr);
    }
    std::error_code error;
    std::filesystem::create_directories(options.data_dir, error);
    const auto path = options.data_dir / switches_file;
    const auto temporary = std::filesystem::path(path.string() + ".tmp");
    std::ofstream file(temporary);
    file << json::serialize(switched) << '\n';
    file.close();
    if (file) std::filesystem::rename(temporary, path, error);
    if (!file || error)
        return fmt::format("{}: cannot be written, so the change will not outlive a restart",
                           path.string());
    return {};
}

}  // namespace hotreload
