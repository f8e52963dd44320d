#include "hotreload/state/state_store.h"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/base/json_text.h"
#include "hotreload/base/utf8.h"

namespace hotreload {
namespace {

constexpr std::size_t shown_bytes_max = 60;

StateError refused(const std::string& key, std::string_view reason) {
    auto shown = to_utf8(key.substr(0, shown_bytes_max));
    if (key.size() > shown_bytes_max) shown += "…";
    return {fmt::format("key '{}': {}", shown, reason), true};
}

std::optional<StateError> value_problem(const std::string& key, const json::value& value) {
    if (const auto reason = unwritable_reason(value, state_value_depth_max); !reason.empty())
        return refused(key, "its value cannot be kept: " + reason);
    const auto text = json::serialize(value);
    if (text.size() > state_value_bytes_max)
        return refused(key, fmt::format("its value is larger than {} KiB: {} bytes as JSON",
                                        state_value_bytes_max >> 10, text.size()));
    if (!is_utf8(text)) return refused(key, "its value has text that is not UTF-8");
    return std::nullopt;
}

}  // namespace

std::optional<StateError> key_problem(const std::string& key) {
    if (key.size() > state_key_bytes_max)
        return refused(key, fmt::format("longer than {} bytes", state_key_bytes_max));
    if (!is_utf8(key)) return refused(key, "not UTF-8");
    return std::nullopt;
}

std::optional<StateError> change_problem(const StateChanges& changes) {
    for (const auto& [key, value] : changes) {
        if (auto problem = key_problem(key)) return problem;
        if (!value) continue;
        if (auto problem = value_problem(key, *value)) return problem;
    }
    return std::nullopt;
}

std::optional<StateError> keys_problem(const PluginState& state) {
    const auto own = std::count_if(state.values.begin(), state.values.end(),
                                   [](const auto& item) { return !is_reserved(item.first); });
    if (static_cast<std::size_t>(own) <= state_keys_max) return std::nullopt;
    return StateError{fmt::format("more than {} keys: {}", state_keys_max, own), true};
}

std::optional<StateError> state_problem(const PluginState& state) {
    for (const auto& [key, value] : state.values) {
        if (auto problem = key_problem(key)) return problem;
        if (auto problem = value_problem(key, value)) return problem;
    }
    return keys_problem(state);
}

Task<Result<std::vector<std::string>, StateError>> StateStore::keys(std::string plugin) {
    auto state = co_await read(std::move(plugin));
    if (!state) co_return state.error();
    std::vector<std::string> keys;
    for (const auto& [key, value] : state->values) keys.push_back(key);
    co_return keys;
}

Task<Result<void, StateError>> StateStore::replace(std::string plugin, PluginState state) {
    std::map<std::string, PluginState> states;
    states.emplace(std::move(plugin), std::move(state));
    return replace_all(std::move(states));
}

}  // namespace hotreload
