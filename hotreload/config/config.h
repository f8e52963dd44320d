#pragma once
// plugins.yaml and a package's plugin.yaml as plain structs. Unknown keys and wrong types are
// errors with file and line.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "hotreload/base/result.h"

namespace hotreload {

enum class WatchMode { automatic, events, poll };

struct BuildConfig {
    std::vector<std::string> packages;  // pkg-config names
    std::vector<std::string> flags;     // further compiler flags

    auto operator<=>(const BuildConfig&) const = default;
};

// What the operator allows a plugin beyond its sandbox. Only plugins.yaml can say it.
struct Grants {
    bool network = false;                      // internet sockets
    bool exec = false;                         // run programs
    std::vector<std::filesystem::path> read;   // relative ones are below the file's folder
    std::vector<std::filesystem::path> write;  // read, too
    std::vector<std::string> permissions;      // further words, the embedding program's

    auto operator<=>(const Grants&) const = default;
};

// What one worker may use up; also the operator's alone. nullopt: not limited.
struct PluginLimits {
    std::uint64_t memory_mb = 512;             // 16 to 1,048,576; of each process
    std::uint64_t files = 256;                 // open descriptors, 16 to 65,536
    std::uint64_t threads = 256;               // beside the first of each process, 1 to 16384
    std::uint64_t processes = 32;              // the worker included, 1 to 4096
    std::uint64_t file_mb = 256;               // of one file that it writes, 1 to 1,048,576
    std::optional<std::uint64_t> cpu_seconds;  // over its whole life; then it is started anew
    std::optional<double> handle_seconds;      // for one event; absent: as the host has it

    auto operator<=>(const PluginLimits&) const = default;
};

struct PluginConfig {
    bool enabled = true;
    std::optional<bool> enabled_said;  // by the files; absent: they do not mention it
    boost::json::object config;
    BuildConfig build;
    std::vector<std::string> depends_on;
    Grants grants;
    PluginLimits limits;

    bool operator==(const PluginConfig&) const = default;
};

// required: no worker without a complete sandbox; best_effort: as complete as the kernel allows.
enum class SandboxMode { best_effort, required, off };

struct ReloadSettings {
    bool hot_reload = true;
    double reload_check_interval = 3.0;  // seconds between scans in poll mode; 0.05 to 3600
    WatchMode watch_mode = WatchMode::automatic;
    std::vector<std::string> watch_patterns{"*.py", "*.cpp",  "*.h",  "*.hpp",
                                            "*.so", "*.yaml", "*.yml"};
    std::vector<std::string> ignore_patterns{"README.md", "*.md", "__pycache__", "*.pyc", ".git"};
    std::vector<std::filesystem::path>
        additional_dirs;  // relative ones are below the file's folder
    SandboxMode sandbox = SandboxMode::best_effort;

    auto operator<=>(const ReloadSettings&) const = default;
};

struct PluginsConfig {
    std::map<std::string, PluginConfig> plugins;
    ReloadSettings settings;
};

struct ConfigError {
    std::filesystem::path file;
    int line = 0;        // 1-based; 0 when the file itself could not be read
    std::string reason;  // "settings.hot_reload: expected true or false, found 'maybe'"

    [[nodiscard]] std::string text() const;  // "plugins/plugins.yaml:12: settings.hot_reload: …"
};
[[noreturn]] void throw_exception_from_error(const ConfigError& error,
                                             const boost::source_location& where);

// A file that does not exist is an empty configuration with all defaults.
Result<PluginsConfig, ConfigError> read_plugins_config(const std::filesystem::path& file);
// A package's plugin.yaml: the same keys as one entry under `plugins:`, laid over `base` key by key
// (`config` and `build` by their own keys); where none of those keys appears, the whole mapping is
// the plugin's `config`. It cannot grant itself anything: `grants` is an error there, and so is a
// compiler flag that reaches beyond its own objects (package_flag.h).
Result<PluginConfig, ConfigError> read_plugin_config(const std::filesystem::path& file,
                                                     const PluginConfig& base);

}  // namespace hotreload
