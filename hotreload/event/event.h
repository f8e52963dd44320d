#pragma once
// What happened, as data: one closed set of types, each event a list of named fields. Log,
// dashboard, CLI and tests read the same events.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "hotreload/base/clock.h"

namespace hotreload {

enum class Level { debug, info, warning, error };
std::string_view to_string(Level level);

// The names are the log's names (to_string). A type that an embedding program needs for itself is
// `host`: its first field "event" is the name.
enum class EventType {
    hot_reload_started,  // {mode, roots, plugins}
    hot_reload_disabled,
    plugin_config_loaded,       // {file, plugins}
    plugin_config_invalid,      // {file, line, reason}
    plugin_files_changed,       // {count, files (base names), paths}: of many the first
    reloading_plugins,          // {plugins, reasons}
    handler_removed,            // {handler (kind), plugin, name}
    module_removed_from_cache,  // {module, plugin, generation}: the process that held it has ended
    cleared_cache_file,         // {file}
    discovered_plugin,          // {plugin_class, module}
    plugin_loaded,              // {plugin, type, generation}
    command_registered,         // {plugin, command}
    handler_registered,         // {handler (kind), plugin, name}: an offer that is no command
    plugins_reloaded,  // {count, plugins, stage timings in ms}: ends a reload that succeeded
    plugin_disabled_in_config,  // {plugin, reason}: in a file or by hand
    plugin_switch_taken_back,   // {plugin, enabled, reason}: an edit of a file overruled the switch
    plugin_dependencies_not_met,  // {plugin, missing}
    plugin_conflict,              // {plugin, reason}: two plugins with one name, or with one offer
    plugin_build_started,         // {plugin, generation}
    plugin_build_failed,          // {plugin, diagnostics, output}: ends a reload
    plugin_load_failed,           // {plugin, stage, reason, diagnostics}: ends a reload
    plugin_reload_superseded,     // {plugin}: newer content arrived meanwhile; ends a reload
    plugin_crashed,               // {plugin, generation, signal or status, output}
    plugin_hung,                  // {plugin, generation, deadline_ms}
    plugin_restarted,             // {plugin, generation}
    plugin_failed,                // {plugin, stage, reason}: nothing serves any more
    plugin_rolled_back,           // {plugin, generation (the one gone back to), reason}
    plugin_held,                  // {plugin, missing_permissions}: ends a reload
    plugin_state_migrated,        // {plugin, from, to, ms}
    plugin_schedule_failed,       // {plugin, schedule, reason}
    plugin_unloaded,              // {plugin, reason}
    plugin_retired,               // {plugin, generation, drain_ms, exit}
    plugin_output,                // {plugin, generation, stream, line}
    plugin_log,                   // {plugin, generation, message, …}
    plugin_handle_failed,         // {plugin, generation, offer, reason, file, line}
    watch_overflow,               // {root}
    watch_degraded,               // {reason, mode}
    compiler_missing,             // {reason}: built plugins serve from the cache
    history_damaged,              // {reason}: a file of the history was set aside
    sandbox_level,                // {level, missing}: once, at the start
    internal_error,               // {task, reason}
    host,                         // {event, …}
};
std::string_view to_string(EventType type);
Level default_level(EventType type);

using FieldValue = std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>>;

struct Field {
    std::string name;
    FieldValue value;
};
using Fields = std::vector<Field>;

struct Event {
    std::uint64_t seq = 0;  // from 1, without gaps
    SystemTime time;
    Level level = Level::info;
    EventType type = EventType::host;
    Fields fields;

    [[nodiscard]] std::string_view name() const;  // for `host` the field "event"
    [[nodiscard]] const FieldValue* find(std::string_view field) const;
};

// {"seq":1,"time":"…","level":"info","event":"plugin_loaded","plugin":"…"}, one line without its
// newline.
std::string to_json(const Event& event);
// [INFO] plugin_files_changed count=2 files=['a.py', 'b.yaml']
std::string to_console(const Event& event);

}  // namespace hotreload
