#include "hotreload/state/state_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/base/json_text.h"
#include "hotreload/model/plugin.h"
#include "hotreload/state/folder_state_store.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t format_known = 1;
constexpr std::string_view ready_suffix = ".json.next";

Result<PluginState, JsonFault> parsed(std::string_view text) {
    const auto value = parse_json(text);
    if (!value) return value.error();
    const auto* all = value->if_object();
    if (all == nullptr) return JsonFault{"expected an object"};
    const auto* format = all->if_contains("format");
    if (format == nullptr || *format != json::value(format_known))
        return JsonFault{fmt::format("format: expected {}", format_known)};
    const auto* version = all->if_contains("version");
    if (version == nullptr || !version->is_int64())
        return JsonFault{"version: expected a whole number"};
    const auto* values = all->if_contains("values");
    if (values == nullptr || !values->is_object()) return JsonFault{"values: expected an object"};
    PluginState state;
    state.version = version->get_int64();
    for (const auto& member : values->get_object())
        state.values.emplace(member.key(), member.value());
    return state;
}

Result<std::string, StateError> file_text(const std::string& plugin, const PluginState& state) {
    if (!is_plugin_name(plugin)) return StateError{"'" + plugin + "' is no plugin name", true};
    json::object values;
    for (const auto& [key, value] : state.values) values.emplace(key, value);
    auto text = json_text(json::object{
        {"format", format_known}, {"version", state.version}, {"values", std::move(values)}});
    if (!text) return StateError{text.error().reason, true};
    if (text->size() > state_file_bytes_max)
        return StateError{fmt::format("the state of '{}' would be larger than {} MiB", plugin,
                                      state_file_bytes_max >> 20),
                          true};
    return Result<std::string, StateError>(in_place_value, *std::move(text));
}

fs::path aside(fs::path file) { return file += ".damaged"; }

bool lies_there(const fs::path& file) {
    struct stat status{};
    return ::lstat(file.c_str(), &status) == 0;
}

StateError damaged(const fs::path& file, const std::string& what) {
    return {fmt::format("{}: {}; mend it and rename it back, or remove it to begin with nothing",
                        file.native(), what)};
}

// The names in a decision.
Result<std::vector<std::string>, StateError> decided(const fs::path& file) {
    const auto text = read_whole_file(file);
    if (!text) return StateError{errno_reason("read", file)};
    const auto value = parse_json(*text);
    const auto* names = value ? value->if_array() : nullptr;
    if (names == nullptr) return StateError{file.native() + ": expected an array of plugin names"};
    std::vector<std::string> plugins;
    for (const auto& name : *names) {
        if (!name.is_string() || !is_plugin_name(std::string(name.get_string())))
            return StateError{file.native() + ": expected an array of plugin names"};
        plugins.emplace_back(name.get_string());
    }
    return plugins;
}

}  // namespace

Result<StateFiles, StateError> StateFiles::open(fs::path dir) {
    StateFiles files(std::move(dir));
    remove_unfinished(files.dir_);
    if (lies_there(files.decision())) {
        if (auto finished = files.finish_decided(); !finished) return finished.error();
    }
    std::error_code error;
    for (fs::directory_iterator entry(files.dir_, error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().filename().native().ends_with(ready_suffix))
            ::unlink(entry->path().c_str());
    return files;
}

fs::path StateFiles::file_of(const std::string& plugin) const { return dir_ / (plugin + ".json"); }
fs::path StateFiles::ready_of(const std::string& plugin) const {
    return dir_ / (plugin + std::string(ready_suffix));
}
fs::path StateFiles::decision() const { return dir_ / "replacing"; }

Result<const PluginState*, StateError> StateFiles::find(const std::string& plugin) {
    const auto known = known_.find(plugin);
    if (known != known_.end()) return &known->second;
    if (!is_plugin_name(plugin)) return StateError{"'" + plugin + "' is no plugin name", true};
    const auto file = file_of(plugin);
    const auto text = read_whole_file(file);
    if (!text && errno != ENOENT) return StateError{errno_reason("read", file)};
    if (!text && lies_there(aside(file)))
        return damaged(file, "damaged, and set aside as " + aside(file).filename().native());
    auto state = text ? parsed(*text) : PluginState{};
    if (!state) return damaged(file, state.error().reason + ": " + set_aside(file));
    return &known_.emplace(plugin, *std::move(state)).first->second;
}

Result<void, StateError> StateFiles::put(const std::string& plugin, PluginState state) {
    const auto text = file_text(plugin, state);
    if (!text) return text.error();
    if (auto finished = finish_before_another(); !finished) return finished;
    if (auto written = write_durably(file_of(plugin), *text); !written) {
        // Perhaps the file was replaced and only making it durable failed.
        known_.erase(plugin);
        return StateError{written.error()};
    }
    known_.insert_or_assign(plugin, std::move(state));
    return {};
}

Result<void, StateError> StateFiles::put_all(std::map<std::string, PluginState> states) {
    if (states.empty()) return {};
    if (states.size() == 1) {
        auto& [plugin, state] = *states.begin();
        return put(plugin, std::move(state));
    }
    if (auto finished = finish_before_another(); !finished) return finished;
    auto done = make_ready(states);
    if (done) done = decide(states);
    if (!done) {
        for (const auto& [plugin, state] : states) ::unlink(ready_of(plugin).c_str());
        return done;
    }
    // From here on it has happened: what cannot be finished now is finished before the next one.
    for (auto& [plugin, state] : states) known_.insert_or_assign(plugin, std::move(state));
    unfinished_ = !finish_decided();
    return {};
}

Result<void, StateError> StateFiles::make_ready(const States& states) {
    for (const auto& [plugin, state] : states) {
        const auto text = file_text(plugin, state);
        if (!text) return text.error();
        if (auto written = replace_file(ready_of(plugin), *text); !written)
            return StateError{written.error()};
    }
    if (auto synced = sync_folder(dir_); !synced) return StateError{synced.error()};
    return {};
}

Result<void, StateError> StateFiles::decide(const States& states) {
    json::array names;
    for (const auto& [plugin, state] : states) names.emplace_back(plugin);
    const auto text = json_text(names);
    if (!text) return StateError{text.error().reason, true};
    if (auto named = replace_file(decision(), *text); !named) return StateError{named.error()};
    const auto durable = sync_folder(dir_);
    // It must go again where it may not last; if it cannot, it is decided.
    if (durable || ::unlink(decision().c_str()) != 0) return {};
    return StateError{durable.error()};
}

Result<void, StateError> StateFiles::finish_before_another() {
    if (!unfinished_) return {};
    auto finished = finish_decided();
    unfinished_ = !finished;
    return finished;
}

Result<void, StateError> StateFiles::finish_decided() {
    const auto plugins = decided(decision());
    if (!plugins) return plugins.error();
    for (const auto& plugin : *plugins)
        if (::rename(ready_of(plugin).c_str(), file_of(plugin).c_str()) != 0 && errno != ENOENT)
            return StateError{errno_reason("write", file_of(plugin))};
    if (auto synced = sync_folder(dir_); !synced) return StateError{synced.error()};
    if (::unlink(decision().c_str()) != 0) return StateError{errno_reason("remove", decision())};
    // Coming back after a power cut it would name what another replacement had only made ready.
    if (auto synced = sync_folder(dir_); !synced) return StateError{synced.error()};
    return {};
}

}  // namespace hotreload
