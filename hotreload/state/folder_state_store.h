#pragma once
// State in a folder, one file for each plugin, for embedders without a database.

#include <filesystem>
#include <memory>

#include "hotreload/state/state_store.h"

namespace hotreload {

inline constexpr std::size_t state_file_bytes_max = 64U << 20;  // of one plugin

// Each change replaces the plugin's file whole, on a thread of its own. One process at a time uses
// a folder; the store must be destroyed before the loop.
//
// A file that cannot be read is renamed to NAME.json.damaged, and until somebody has mended it,
// renamed it back or removed it, all that concerns that plugin fails with an error that says so:
// damage is never taken for emptiness. Only a replacement begins anew.
//
// A replacement of several is decided by the file `replacing`: what it names lies ready beside the
// files that it replaces, and is given their names at once, or at the next start.
class FolderStateStore : public StateStore {
public:
    // `dir` is made where it is missing.
    static Result<std::unique_ptr<FolderStateStore>, StateError> open(std::filesystem::path dir);
    ~FolderStateStore() override;  // finishes what was asked for

    Task<Result<PluginState, StateError>> read(std::string plugin) override;
    Task<Result<std::optional<json::value>, StateError>> get(std::string plugin,
                                                             std::string key) override;
    Task<Result<std::vector<std::string>, StateError>> keys(std::string plugin) override;
    Task<Result<void, StateError>> commit(std::string plugin, StateChanges changes) override;
    Task<Result<void, StateError>> replace_all(std::map<std::string, PluginState> states) override;

private:
    struct State;
    explicit FolderStateStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hotreload
