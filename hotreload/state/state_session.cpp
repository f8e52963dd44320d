#include "hotreload/state/state_session.h"

#include <algorithm>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

constexpr std::size_t envelope_bytes = 1000;  // of a reply, around its result

StateError refused(std::string reason) { return {std::move(reason), true}; }

std::optional<StateError> own_key_problem(const std::string& key) {
    if (is_reserved(key))
        return refused(fmt::format("key '{}': keys that begin with '{}' are the host's", key,
                                   state_reserved_prefix));
    if (key.empty()) return refused("a key must not be empty");
    return key_problem(key);
}

// The names that a method takes, and whether all of them must be there.
struct Shape {
    std::vector<std::string_view> names;
    bool optional = false;
};

std::optional<StateError> shape_problem(const std::string& method, const json::object& params,
                                        const Shape& shape) {
    for (const auto& member : params)
        if (std::find(shape.names.begin(), shape.names.end(), member.key()) == shape.names.end())
            return refused(fmt::format("{}: unknown parameter '{}': expected {}", method,
                                       std::string(member.key()), fmt::join(shape.names, ", ")));
    for (const auto name : shape.names) {
        const auto* value = params.if_contains(name);
        if (value == nullptr && !shape.optional)
            return refused(fmt::format("{}: expected the parameter '{}'", method, name));
        if (value != nullptr && name != "value" && !value->is_string())
            return refused(fmt::format("{}: {}: expected a string", method, name));
    }
    return std::nullopt;
}

std::string text(const json::object& params, std::string_view name) {
    const auto* value = params.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->get_string());
}

}  // namespace

StateSession::StateSession(StateStore& store, std::string plugin)
    : base_(&store), plugin_(std::move(plugin)) {}
StateSession::StateSession(PluginState state) : base_(std::move(state)) {}

Task<Result<std::optional<json::value>, StateError>> StateSession::kept(std::string key) {
    using Value = std::optional<json::value>;
    if (auto* const* store = std::get_if<StateStore*>(&base_)) {
        auto value = co_await (*store)->get(plugin_, std::move(key));
        co_return value;
    }
    const auto& values = std::get<PluginState>(base_).values;
    const auto found = values.find(key);
    co_return found == values.end() ? Value() : Value(found->second);
}

Task<Result<std::vector<std::string>, StateError>> StateSession::kept_keys() {
    if (auto* const* store = std::get_if<StateStore*>(&base_)) {
        auto keys = co_await (*store)->keys(plugin_);
        co_return keys;
    }
    std::vector<std::string> keys;
    for (const auto& [key, value] : std::get<PluginState>(base_).values) keys.push_back(key);
    co_return keys;
}

Task<Result<std::optional<json::value>, StateError>> StateSession::get(std::string key) {
    if (auto problem = own_key_problem(key)) co_return *std::move(problem);
    const auto changed = changes_.find(key);
    if (changed != changes_.end()) co_return changed->second.value;
    auto value = co_await kept(std::move(key));
    co_return value;
}

std::optional<StateError> StateSession::bounds_problem(const std::string& key,
                                                       std::size_t bytes) const {
    const auto known = changes_.find(key);
    const bool fresh = known == changes_.end();
    if (changed_bytes_ - (fresh ? 0 : known->second.bytes) + bytes > state_changes_bytes_max)
        return refused(fmt::format("key '{}': one event may change at most {} MiB", key,
                                   state_changes_bytes_max >> 20));
    if (fresh && changes_.size() >= state_changes_max)
        return refused(
            fmt::format("key '{}': one event may change at most {} keys", key, state_changes_max));
    return std::nullopt;
}

std::optional<StateSession::Change> StateSession::put(const std::string& key, Change change) {
    change.number = ++last_number_;
    changed_bytes_ += change.bytes;
    const auto [place, fresh] = changes_.try_emplace(key);
    changed_bytes_ -= place->second.bytes;
    auto before = std::exchange(place->second, std::move(change));
    return fresh ? std::nullopt : std::optional(std::move(before));
}

Task<Result<void, StateError>> StateSession::set(std::string key, json::value value) {
    if (auto problem = own_key_problem(key)) co_return *std::move(problem);
    const StateChanges change{{key, value}};
    if (auto problem = change_problem(change)) co_return *std::move(problem);
    const auto bytes = key.size() + json::serialize(value).size();
    if (auto problem = bounds_problem(key, bytes)) co_return *std::move(problem);
    // At once, so that a `get` that was sent after this sees it, and taken back if there is no
    // room.
    auto before = put(key, {.value = std::move(value), .bytes = bytes});
    const auto number = last_number_;
    auto room = co_await check_room(key);
    if (room) co_return room;
    const auto still = changes_.find(key);
    if (still == changes_.end() || still->second.number != number) co_return room;
    changed_bytes_ -= still->second.bytes;
    changes_.erase(still);
    if (before) put(key, *std::move(before));
    co_return room;
}

// Keys are counted only when one comes that was not there: that is rare.
Task<Result<void, StateError>> StateSession::check_room(std::string key) {
    if (!known_keys_) {
        const auto there = co_await kept(key);
        if (!there) co_return there.error();
        if (*there) co_return Result<void, StateError>();
        auto keys = co_await kept_keys();
        if (!keys) co_return keys.error();
        known_keys_.emplace();
        for (auto& name : *keys)
            if (!is_reserved(name)) known_keys_->insert(std::move(name));
    }
    if (count(*known_keys_) <= state_keys_max) co_return Result<void, StateError>();
    co_return refused(
        fmt::format("key '{}': a plugin may keep at most {} keys", key, state_keys_max));
}

std::size_t StateSession::count(const Kept& kept) const {
    std::size_t count = kept.size();
    for (const auto& [key, change] : changes_) {
        const bool there = kept.contains(key);
        if (change.value && !there) ++count;
        if (!change.value && there) --count;
    }
    return count;
}

Result<void, StateError> StateSession::remove(const std::string& key) {
    if (auto problem = own_key_problem(key)) return *std::move(problem);
    if (auto problem = bounds_problem(key, key.size())) return *std::move(problem);
    put(key, {.value = std::nullopt, .bytes = key.size()});
    return {};
}

Task<Result<std::vector<std::string>, StateError>> StateSession::keys(std::string prefix) {
    auto kept = co_await kept_keys();
    if (!kept) co_return kept.error();
    std::set<std::string> keys(kept->begin(), kept->end());
    for (const auto& [key, change] : changes_) {
        if (change.value)
            keys.insert(key);
        else
            keys.erase(key);
    }
    std::vector<std::string> found;
    for (const auto& key : keys)
        if (!is_reserved(key) && key.starts_with(prefix)) found.push_back(key);
    co_return found;
}

Task<Result<json::value, StateError>> StateSession::serve(std::string method, json::object params) {
    const auto done = [](const auto& result) -> Result<json::value, StateError> {
        if (!result) return result.error();
        return json::value(json::object());
    };
    const std::map<std::string_view, Shape> methods{{"state.get", {{"key"}}},
                                                    {"state.set", {{"key", "value"}}},
                                                    {"state.delete", {{"key"}}},
                                                    {"state.keys", {{"prefix"}, true}}};
    const auto known = methods.find(method);
    if (known == methods.end()) co_return refused("unknown method " + method);
    if (auto problem = shape_problem(method, params, known->second)) co_return *std::move(problem);
    if (method == "state.set") {
        const auto result = co_await set(text(params, "key"), std::move(params.at("value")));
        co_return done(result);
    }
    if (method == "state.delete") co_return done(remove(text(params, "key")));
    if (method == "state.get") {
        const auto value = co_await get(text(params, "key"));
        if (!value) co_return value.error();
        co_return json::object{{"value", *value ? **value : json::value(nullptr)},
                               {"found", value->has_value()}};
    }
    const auto names = co_await keys(text(params, "prefix"));
    if (!names) co_return names.error();
    json::object answer{{"keys", json::array(names->begin(), names->end())}};
    // Only keys that are long and need escapes come so far.
    if (json::serialize(answer).size() + envelope_bytes > limits::message_bytes_max)
        co_return refused("state.keys: too much for one message: ask with a prefix");
    co_return answer;
}

StateChanges StateSession::take_changes() {
    StateChanges changes;
    for (auto& [key, change] : changes_) changes.emplace(key, std::move(change.value));
    changes_.clear();
    changed_bytes_ = 0;
    known_keys_.reset();
    return changes;
}

PluginState StateSession::finished(std::int64_t version) const {
    PluginState state;
    if (const auto* copy = std::get_if<PluginState>(&base_)) state = *copy;
    state.version = version;
    for (const auto& [key, change] : changes_) {
        if (change.value)
            state.values.insert_or_assign(key, *change.value);
        else
            state.values.erase(key);
    }
    return state;
}

}  // namespace hotreload
