#include "hotreload/event/event.h"

#include <array>

namespace hotreload {

namespace {

// In the order of the enumeration; the compiler counts them, the test looks for each.
constexpr std::array<std::string_view, static_cast<std::size_t>(EventType::host) + 1> type_names{
    "hot_reload_started",
    "hot_reload_disabled",
    "plugin_config_loaded",
    "plugin_config_invalid",
    "plugin_files_changed",
    "reloading_plugins",
    "handler_removed",
    "module_removed_from_cache",
    "cleared_cache_file",
    "discovered_plugin",
    "plugin_loaded",
    "command_registered",
    "handler_registered",
    "plugins_reloaded",
    "plugin_disabled_in_config",
    "plugin_switch_taken_back",
    "plugin_dependencies_not_met",
    "plugin_conflict",
    "plugin_build_started",
    "plugin_build_failed",
    "plugin_load_failed",
    "plugin_reload_superseded",
    "plugin_crashed",
    "plugin_hung",
    "plugin_restarted",
    "plugin_failed",
    "plugin_rolled_back",
    "plugin_held",
    "plugin_state_migrated",
    "plugin_schedule_failed",
    "plugin_unloaded",
    "plugin_retired",
    "plugin_output",
    "plugin_log",
    "plugin_handle_failed",
    "watch_overflow",
    "watch_degraded",
    "compiler_missing",
    "history_damaged",
    "sandbox_level",
    "internal_error",
    "host",
};
static_assert(!type_names.back().empty());

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "unknown";
}

std::string_view to_string(EventType type) { return type_names.at(static_cast<std::size_t>(type)); }

Level default_level(EventType type) {
    switch (type) {
        case EventType::plugin_config_invalid:
        case EventType::plugin_build_failed:
        case EventType::plugin_load_failed:
        case EventType::plugin_crashed:
        case EventType::plugin_hung:
        case EventType::plugin_failed:
        case EventType::plugin_held:
        case EventType::plugin_schedule_failed:
        case EventType::plugin_handle_failed:
        case EventType::internal_error:
            return Level::error;
        case EventType::plugin_dependencies_not_met:
        case EventType::plugin_conflict:
        case EventType::plugin_switch_taken_back:
        case EventType::plugin_reload_superseded:
        case EventType::watch_overflow:
        case EventType::watch_degraded:
        case EventType::plugin_rolled_back:
        case EventType::compiler_missing:
        case EventType::history_damaged:
            return Level::warning;
        default:
            return Level::info;
    }
}

std::string_view Event::name() const {
    if (type != EventType::host) return to_string(type);
    const auto* value = find("event");
    const auto* text = value != nullptr ? std::get_if<std::string>(value) : nullptr;
    return text != nullptr ? std::string_view(*text) : to_string(type);
}

const FieldValue* Event::find(std::string_view field) const {
    for (const auto& [its_name, value] : fields) {
        if (its_name == field) return &value;
    }
    return nullptr;
}

}  // namespace hotreload
