#pragma once
// What a running handler sees of its plugin's state: the store with the handler's own changes laid
// over it. Nothing is written until whoever owns the session commits its changes.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <boost/json/object.hpp>

#include "hotreload/state/state_store.h"

namespace hotreload {

inline constexpr std::size_t state_changes_bytes_max = 32U << 20;  // of one event, as JSON
inline constexpr std::size_t state_changes_max = 2 * state_keys_max;

// Loop thread only. Calls may overlap: each sees what was changed by those made before it. The
// session and its store must outlive them.
class StateSession {
public:
    StateSession(StateStore& store, std::string plugin);
    // Over a copy, which changes nothing else: for migrations.
    explicit StateSession(PluginState state);

    // Reserved keys are refused, in all of these.
    Task<Result<std::optional<json::value>, StateError>> get(std::string key);
    Task<Result<void, StateError>> set(std::string key, json::value value);
    Result<void, StateError> remove(const std::string& key);
    // Sorted, without reserved ones.
    Task<Result<std::vector<std::string>, StateError>> keys(std::string prefix);

    // The same as the protocol has it (docs/protocol.md): state.get, state.set, state.delete,
    // state.keys with their params; the error says what was expected (`refused`), or what the
    // store says.
    Task<Result<json::value, StateError>> serve(std::string method, json::object params);

    [[nodiscard]] bool changed() const { return !changes_.empty(); }
    // What is to be committed; the session is as at its beginning then.
    StateChanges take_changes();
    // A copy with the changes in it, as this version.
    [[nodiscard]] PluginState finished(std::int64_t version) const;

private:
    struct Change {
        std::optional<json::value> value;
        std::size_t bytes = 0;     // of key and value
        std::uint64_t number = 0;  // counts up: whether it is still the same one
    };
    using Kept = std::set<std::string>;

    Task<Result<std::optional<json::value>, StateError>> kept(std::string key);
    Task<Result<std::vector<std::string>, StateError>> kept_keys();
    Task<Result<void, StateError>> check_room(std::string key);
    [[nodiscard]] std::optional<StateError> bounds_problem(const std::string& key,
                                                           std::size_t bytes) const;
    std::optional<Change> put(const std::string& key, Change change);
    [[nodiscard]] std::size_t count(const Kept& kept) const;

    std::variant<StateStore*, PluginState> base_;
    std::string plugin_;
    std::map<std::string, Change> changes_;
    std::size_t changed_bytes_ = 0;
    std::uint64_t last_number_ = 0;
    std::optional<Kept> known_keys_;  // of the base, once they had to be counted
};

}  // namespace hotreload
