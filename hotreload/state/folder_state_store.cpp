#include "hotreload/state/folder_state_store.h"

#include <utility>

#include "hotreload/base/durable_file.h"
#include "hotreload/base/work_thread.h"
#include "hotreload/state/state_files.h"

namespace hotreload {
struct FolderStateStore::State {
    explicit State(StateFiles its_files) : files(std::move(its_files)) {}

    StateFiles files;
    WorkThread thread;  // last: joined before what it uses goes
};

Result<std::unique_ptr<FolderStateStore>, StateError> FolderStateStore::open(
    std::filesystem::path dir) {
    dir = std::filesystem::absolute(dir).lexically_normal();
    if (auto made = make_folders(dir); !made) return StateError{made.error()};
    auto files = StateFiles::open(std::move(dir));
    if (!files) return files.error();
    auto state = std::make_unique<State>(*std::move(files));
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

Task<Result<void, StateError>> FolderStateStore::replace_all(
    std::map<std::string, PluginState> states) {
    auto work = [files = &state_->files,
                 states = std::move(states)]() mutable -> Result<void, StateError> {
        for (auto& [plugin, state] : states) {
            std::erase_if(state.values, [](const auto& item) { return is_reserved(item.first); });
            if (auto problem = state_problem(state)) return *std::move(problem);
            // What cannot be read is begun anew, its marks, too.
            const auto found = files->find(plugin);
            if (!found && found.error().refused) return found.error();
            if (!found) continue;
            for (const auto& [key, value] : (*found)->values)
                if (is_reserved(key)) state.values.emplace(key, value);
        }
        return files->put_all(std::move(states));
    };
    auto done = co_await state_->thread.run(work);
    co_return done;
}

}  // namespace hotreload
