#include "hotreload/state/folder_state_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/base/json_text.h"
#include "hotreload/base/work_thread.h"
#include "hotreload/model/plugin.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t format_known = 1;

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

Result<std::string, JsonFault> file_text(const PluginState& state) {
    json::object values;
    for (const auto& [key, value] : state.values) values.emplace(key, value);
    return json_text(json::object{
        {"format", format_known}, {"version", state.version}, {"values", std::move(values)}});
}

bool lies_there(const fs::path& file) {
    struct stat status{};
    return ::lstat(file.c_str(), &status) == 0;
}

StateError damaged(const fs::path& file, const std::string& what) {
    return {fmt::format("{}: {}; mend it and rename it back, or remove it to begin with nothing",
                        file.native(), what)};
}

// The files, and what they hold as far as it has been read. The thread's alone.
class Files {
public:
    explicit Files(fs::path dir) : dir_(std::move(dir)) {}

    Result<const PluginState*, StateError> find(const std::string& plugin) {
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

    Result<void, StateError> put(const std::string& plugin, PluginState state) {
        if (!is_plugin_name(plugin)) return StateError{"'" + plugin + "' is no plugin name", true};
        const auto text = file_text(state);
        if (!text) return StateError{text.error().reason, true};
        if (text->size() > state_file_bytes_max)
            return StateError{fmt::format("the state of '{}' would be larger than {} MiB", plugin,
                                          state_file_bytes_max >> 20),
                              true};
        if (auto written = write_durably(file_of(plugin), *text); !written) {
            // Perhaps the file was replaced and only making it durable failed.
            known_.erase(plugin);
            return StateError{written.error()};
        }
        known_.insert_or_assign(plugin, std::move(state));
        return {};
    }

private:
    [[nodiscard]] fs::path file_of(const std::string& plugin) const {
        return dir_ / (plugin + ".json");
    }
    static fs::path aside(fs::path file) { return file += ".damaged"; }

    fs::path dir_;
    std::map<std::string, PluginState> known_;
};

}  // namespace

struct FolderStateStore::State {
    explicit State(fs::path dir) : files(std::move(dir)) {}

    Files files;
    WorkThread thread;  // last: joined before what it uses goes
};

Result<std::unique_ptr<FolderStateStore>, StateError> FolderStateStore::open(fs::path dir) {
    dir = fs::absolute(dir).lexically_normal();
    if (auto made = make_folders(dir); !made) return StateError{made.error()};
    remove_unfinished(dir);
    auto state = std::make_unique<State>(std::move(dir));
    return std::unique_ptr<FolderStateStore>(new FolderStateStore(std::move(state)));
}

FolderStateStore::FolderStateStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
FolderStateStore::~FolderStateStore() = default;

Task<Result<PluginState, StateError>> FolderStateStore::read(std::string plugin) {
    auto work = [files = &state_->files, plugin]() -> Result<PluginState, StateError> {
        const auto found = files->find(plugin);
        if (!found) return found.error();
        return **found;
    };
    auto state = co_await state_->thread.run(work);
    co_return state;
}

Task<Result<std::optional<json::value>, StateError>> FolderStateStore::get(std::string plugin,
                                                                           std::string key) {
    using Value = std::optional<json::value>;
    auto work = [files = &state_->files, plugin, key]() -> Result<Value, StateError> {
        const auto found = files->find(plugin);
        if (!found) return found.error();
        const auto item = (*found)->values.find(key);
        return item == (*found)->values.end() ? Value() : Value(item->second);
    };
    auto value = co_await state_->thread.run(work);
    co_return value;
}

Task<Result<std::vector<std::string>, StateError>> FolderStateStore::keys(std::string plugin) {
    using Keys = std::vector<std::string>;
    auto work = [files = &state_->files, plugin]() -> Result<Keys, StateError> {
        const auto found = files->find(plugin);
        if (!found) return found.error();
        Keys keys;
        for (const auto& [key, value] : (*found)->values) keys.push_back(key);
        return keys;
    };
    auto keys = co_await state_->thread.run(work);
    co_return keys;
}

Task<Result<void, StateError>> FolderStateStore::commit(std::string plugin, StateChanges changes) {
    auto work = [files = &state_->files, plugin = std::move(plugin),
                 changes = std::move(changes)]() -> Result<void, StateError> {
        const auto found = files->find(plugin);
        if (!found) return found.error();
        if (changes.empty()) return {};
        if (auto problem = change_problem(changes)) return *std::move(problem);
        auto state = **found;
        for (const auto& [key, value] : changes) {
            if (value)
                state.values.insert_or_assign(key, *value);
            else
                state.values.erase(key);
        }
        if (auto problem = keys_problem(state)) return *std::move(problem);
        return files->put(plugin, std::move(state));
    };
    auto done = co_await state_->thread.run(work);
    co_return done;
}

Task<Result<void, StateError>> FolderStateStore::replace(std::string plugin, PluginState state) {
    auto work = [files = &state_->files, plugin = std::move(plugin),
                 state = std::move(state)]() mutable -> Result<void, StateError> {
        if (auto problem = state_problem(state)) return *std::move(problem);
        return files->put(plugin, std::move(state));
    };
    auto done = co_await state_->thread.run(work);
    co_return done;
}

}  // namespace hotreload
