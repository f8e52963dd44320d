#pragma once
// What plugins keep, in the bot's database: the engine's StateStore on the store thread, and the
// same as part of a greater transaction.

#include <map>
#include <optional>
#include <string>

#include "hotreload/state/state_store.h"
#include "tgstats/store/store_thread.h"

namespace tgstats {

using hotreload::PluginState;
using hotreload::StateChanges;
using hotreload::StateError;

// Synchronous, on the store's thread; each is one transaction, or part of the open one. An error
// leaves the caller's transaction open and half done: it must not be committed.
PluginState read_state(Store& store, const std::string& plugin);
Result<void, StateError> apply_state(Store& store, const std::string& plugin,
                                     const StateChanges& changes);
// Nothing where there is no such key.
std::optional<boost::json::value> state_value(Store& store, const std::string& plugin,
                                              const std::string& key);
std::vector<std::string> state_keys(Store& store, const std::string& plugin);  // sorted
Result<void, StateError> replace_state(Store& store, const std::string& plugin,
                                       const PluginState& state);
// All of them or none. What is under reserved keys stays, here as above.
Result<void, StateError> replace_states(Store& store,
                                        const std::map<std::string, PluginState>& states);

class PluginStates : public hotreload::StateStore {
public:
    explicit PluginStates(StoreThread& thread) : thread_(thread) {}

    Task<Result<PluginState, StateError>> read(std::string plugin) override;
    Task<Result<std::optional<boost::json::value>, StateError>> get(std::string plugin,
                                                                    std::string key) override;
    Task<Result<std::vector<std::string>, StateError>> keys(std::string plugin) override;
    Task<Result<void, StateError>> commit(std::string plugin, StateChanges changes) override;
    Task<Result<void, StateError>> replace_all(std::map<std::string, PluginState> states) override;

private:
    StoreThread& thread_;
};

}  // namespace tgstats
