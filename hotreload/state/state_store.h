#pragma once
// What plugins keep across reloads, crashes and restarts. The engine decides when it is read and
// written; the embedding program gives the place (a database, a folder of files).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "hotreload/base/asio.h"
#include "hotreload/base/result.h"

namespace hotreload {

namespace json = boost::json;

// What one handled event changed, by key; nullopt: removed. Applied whole or not at all.
using StateChanges = std::map<std::string, std::optional<json::value>>;

// All that one plugin keeps. `version` is the plugin's own state_version when it was written.
struct PluginState {
    std::int64_t version = 0;
    std::map<std::string, json::value> values;
};

struct StateError {
    std::string reason;    // one line for people: what could not be read or written, and why
    bool refused = false;  // the change itself was wrong: the store is well
};

// Bounds that every store holds; a change that breaks one is refused whole.
inline constexpr std::size_t state_key_bytes_max = 512;
inline constexpr std::size_t state_value_bytes_max = 1U << 20;  // of the value's JSON text
inline constexpr std::size_t state_keys_max = 10'000;     // of one plugin, reserved ones apart
inline constexpr std::size_t state_value_depth_max = 60;  // arrays and objects within each other
// Keys that begin with this character are the engine's own (when a schedule last fired); plugins
// can neither read nor write them.
inline constexpr char state_reserved_prefix = '.';

inline bool is_reserved(std::string_view key) { return key.starts_with(state_reserved_prefix); }

// What is wrong with a key, or with changes as such (the number of keys apart): "key 'x': its value
// is larger than 1 MiB". Text must be UTF-8, numbers finite.
std::optional<StateError> key_problem(const std::string& key);
std::optional<StateError> change_problem(const StateChanges& changes);
// More than state_keys_max keys.
std::optional<StateError> keys_problem(const PluginState& state);
// All of this for a whole state.
std::optional<StateError> state_problem(const PluginState& state);

// Loop thread only; may be called again before an earlier call has completed. A store passes the
// tests of state_contract_test.hpp.
class StateStore {
public:
    virtual ~StateStore() = default;
    // A plugin that has never kept anything has version 0 and no values.
    virtual Task<Result<PluginState, StateError>> read(std::string plugin) = 0;
    virtual Task<Result<std::optional<json::value>, StateError>> get(std::string plugin,
                                                                     std::string key) = 0;
    // Sorted, reserved ones included. What stands here reads all of the state.
    virtual Task<Result<std::vector<std::string>, StateError>> keys(std::string plugin);
    // In one transaction; survives kill -9 once it has completed.
    virtual Task<Result<void, StateError>> commit(std::string plugin, StateChanges changes) = 0;
    // The same for all that these plugins keep, of all of them or of none: the results of
    // migrations. What is under reserved keys stays as it is; in `states` such keys are passed
    // over.
    virtual Task<Result<void, StateError>> replace_all(
        std::map<std::string, PluginState> states) = 0;
    Task<Result<void, StateError>> replace(std::string plugin, PluginState state);
};

}  // namespace hotreload
