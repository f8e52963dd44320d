#include "hotreload/config/config.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "hotreload/config/package_flag.h"
#include "hotreload/config/yaml_reader.h"

namespace hotreload {

namespace {

constexpr std::size_t file_bytes_max = 4u << 20;
constexpr double interval_seconds_min = 0.05;
constexpr double interval_seconds_max = 3600;
constexpr double memory_mb_min = 16;
constexpr double megabytes_max = 1 << 20;
constexpr double files_min = 16;
constexpr double files_max = 1 << 16;
constexpr double processes_max = 4096;
constexpr double threads_max = 16384;
constexpr double seconds_max = 1e9;
constexpr double handle_seconds_min = 0.1;
constexpr double handle_seconds_max = 3600;
constexpr std::string_view package_keys = "enabled, config, build, depends_on";
constexpr std::string_view plugin_keys = "enabled, config, build, depends_on, grants, limits";
constexpr std::string_view settings_keys =
    "hot_reload, reload_check_interval, watch_mode, watch_patterns, ignore_patterns, "
    "additional_dirs, sandbox";

bool is_plugin_key(std::string_view key) {
    return key == "enabled" || key == "config" || key == "build" || key == "depends_on";
}

void read_build(const YamlReader& reader, BuildConfig& build) {
    for (const auto& [key, value] : reader.members("a mapping with packages and flags")) {
        if (key == "packages")
            build.packages = value.texts();
        else if (key == "flags")
            build.flags = value.texts();
        else
            value.unknown_key("packages, flags");
    }
}

std::vector<std::filesystem::path> read_paths(const YamlReader& reader,
                                              const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    for (const auto& path : reader.texts()) paths.push_back((folder / path).lexically_normal());
    return paths;
}

void read_grants(const YamlReader& reader, const std::filesystem::path& folder, Grants& grants) {
    for (const auto& [key, value] : reader.members("a mapping of grants")) {
        if (key == "network")
            grants.network = value.boolean();
        else if (key == "exec")
            grants.exec = value.boolean();
        else if (key == "read")
            grants.read = read_paths(value, folder);
        else if (key == "write")
            grants.write = read_paths(value, folder);
        else if (key == "permissions")
            grants.permissions = value.texts();
        else
            value.unknown_key("network, exec, read, write, permissions");
    }
}

std::uint64_t read_count(const YamlReader& reader, double least, double most) {
    const auto number = reader.number(least, most);
    if (number != std::floor(number)) reader.expected("a whole number");
    return static_cast<std::uint64_t>(number);
}

void read_limits(const YamlReader& reader, PluginLimits& limits) {
    for (const auto& [key, value] : reader.members("a mapping of limits")) {
        if (key == "memory_mb")
            limits.memory_mb = read_count(value, memory_mb_min, megabytes_max);
        else if (key == "files")
            limits.files = read_count(value, files_min, files_max);
        else if (key == "processes")
            limits.processes = read_count(value, 1, processes_max);
        else if (key == "threads")
            limits.threads = read_count(value, 1, threads_max);
        else if (key == "file_mb")
            limits.file_mb = read_count(value, 1, megabytes_max);
        else if (key == "cpu_seconds")
            limits.cpu_seconds = read_count(value, 1, seconds_max);
        else if (key == "handle_seconds")
            limits.handle_seconds = value.number(handle_seconds_min, handle_seconds_max);
        else
            value.unknown_key(
                "memory_mb, files, processes, threads, file_mb, cpu_seconds, handle_seconds");
    }
}

void merge(boost::json::object& into, boost::json::object from) {
    for (auto& member : from) into[member.key()] = std::move(member.value());
}

// One entry of `plugins:`, or a package's own file: what it says goes over what `plugin` holds
// already.
void read_own_key(const std::string& key, const YamlReader& value, PluginConfig& plugin) {
    if (key == "enabled")
        plugin.enabled_said = plugin.enabled = value.boolean();
    else if (key == "config")
        merge(plugin.config, value.object());
    else if (key == "build")
        read_build(value, plugin.build);
    else
        plugin.depends_on = value.texts();
}

void read_plugin(const YamlReader& reader, const std::filesystem::path& folder,
                 PluginConfig& plugin) {
    for (const auto& [key, value] : reader.members("a mapping of the plugin's keys")) {
        if (is_plugin_key(key))
            read_own_key(key, value, plugin);
        else if (key == "grants")
            read_grants(value, folder, plugin.grants);
        else if (key == "limits")
            read_limits(value, plugin.limits);
        else
            value.unknown_key(plugin_keys);
    }
}

SandboxMode read_sandbox_mode(const YamlReader& reader) {
    constexpr std::string_view expected = "best_effort, required or off";
    const auto mode = reader.text(expected);
    if (mode == "best_effort") return SandboxMode::best_effort;
    if (mode == "required") return SandboxMode::required;
    if (mode == "off") return SandboxMode::off;
    reader.expected(expected);
}

WatchMode read_watch_mode(const YamlReader& reader) {
    constexpr std::string_view expected = "auto, events or poll";
    const auto mode = reader.text(expected);
    if (mode == "auto") return WatchMode::automatic;
    if (mode == "events") return WatchMode::events;
    if (mode == "poll") return WatchMode::poll;
    reader.expected(expected);
}

// A list without a value keeps its default; to have none, one writes [].
void read_list(const YamlReader& reader, std::vector<std::string>& list) {
    if (!reader.null()) list = reader.texts();
}

void read_settings(const YamlReader& reader, const std::filesystem::path& folder,
                   ReloadSettings& settings) {
    for (const auto& [key, value] : reader.members("a mapping of settings")) {
        if (key == "hot_reload")
            settings.hot_reload = value.boolean();
        else if (key == "reload_check_interval") {
            settings.reload_check_interval =
                value.number(interval_seconds_min, interval_seconds_max);
        } else if (key == "watch_mode")
            settings.watch_mode = read_watch_mode(value);
        else if (key == "watch_patterns")
            read_list(value, settings.watch_patterns);
        else if (key == "ignore_patterns")
            read_list(value, settings.ignore_patterns);
        else if (key == "additional_dirs") {
            for (const auto& dir : value.texts())
                settings.additional_dirs.push_back((folder / dir).lexically_normal());
        } else if (key == "sandbox") {
            settings.sandbox = read_sandbox_mode(value);
        } else {
            value.unknown_key(settings_keys);
        }
    }
}

void read_plugins(const YamlReader& reader, const std::filesystem::path& folder,
                  std::map<std::string, PluginConfig>& plugins) {
    for (const auto& [name, entry] :
         reader.members("a mapping of plugin names to their settings")) {
        read_plugin(entry, folder, plugins[name]);
    }
}

PluginsConfig read_document(const YamlReader& reader, const std::filesystem::path& folder) {
    PluginsConfig config;
    for (const auto& [key, value] : reader.members("a mapping with plugins and settings")) {
        if (key == "plugins")
            read_plugins(value, folder, config.plugins);
        else if (key == "settings")
            read_settings(value, folder, config.settings);
        else
            value.unknown_key("plugins, settings");
    }
    return config;
}

void check_package_flags(const YamlReader& build, const std::filesystem::path& folder) {
    for (const auto& [key, value] : build.members("a mapping with packages and flags")) {
        if (key != "flags") continue;
        for (const auto& item : value.items()) {
            const auto flag = item.text("a text");
            if (!package_may_say(flag, folder))
                item.fail(
                    fmt::format("'{}' is the operator's to say, in plugins.yaml; a package "
                                "may say {}",
                                flag, package_flags_allowed));
        }
    }
}

// `folder`: the package's own.
PluginConfig read_package(const YamlReader& reader, const std::filesystem::path& folder,
                          PluginConfig plugin) {
    const auto members = reader.members("a mapping");
    bool known = false;
    for (const auto& [key, value] : members) {
        known = known || is_plugin_key(key);
        if (key == "grants")
            value.fail("a plugin cannot grant itself anything: grants stand in plugins.yaml");
    }
    if (!known) {
        merge(plugin.config, reader.object());
        return plugin;
    }
    for (const auto& [key, value] : members) {
        if (!is_plugin_key(key)) value.unknown_key(package_keys);
        if (key == "build") check_package_flags(value, folder);
        read_own_key(key, value, plugin);
    }
    return plugin;
}

// The document in the file, given to `read`; `otherwise` when there is no such file.
template <class Config, class Read>
Result<Config, ConfigError> read_file(const std::filesystem::path& file, Config otherwise,
                                      Read read) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (status.type() == std::filesystem::file_type::not_found) return otherwise;
    if (error) return ConfigError{file, 0, "cannot read the file: " + error.message()};
    if (!std::filesystem::is_regular_file(status))
        return ConfigError{file, 0, "cannot read it: not a regular file"};
    if (std::filesystem::file_size(file, error) > file_bytes_max) {
        return ConfigError{file, 0, "larger than " + std::to_string(file_bytes_max) + " bytes"};
    }
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream)
        return ConfigError{file, 0,
                           std::string("cannot read the file: ") + ::strerrordesc_np(errno)};
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    try {
        check_single_document(text);
        return read(YamlReader(YAML::Load(text)));
    } catch (const YAML::Exception& syntax) {
        return ConfigError{file, syntax.mark.line + 1, "not valid YAML: " + syntax.msg};
    } catch (const ConfigFault& fault) {
        return ConfigError{file, fault.line, fault.reason};
    }
}

}  // namespace

std::string ConfigError::text() const {
    return file.string() + ':' + (line > 0 ? std::to_string(line) + ": " : " ") + reason;
}

void throw_exception_from_error(const ConfigError& error, const boost::source_location&) {
    throw std::runtime_error(error.text());
}

Result<PluginsConfig, ConfigError> read_plugins_config(const std::filesystem::path& file) {
    const auto folder = std::filesystem::absolute(file).parent_path();
    return read_file(file, PluginsConfig{},
                     [&](const YamlReader& reader) { return read_document(reader, folder); });
}

Result<PluginConfig, ConfigError> read_plugin_config(const std::filesystem::path& file,
                                                     const PluginConfig& base) {
    const auto folder = std::filesystem::absolute(file).lexically_normal().parent_path();
    return read_file(file, base,
                     [&](const YamlReader& reader) { return read_package(reader, folder, base); });
}

}  // namespace hotreload
