#include "tgstats/store/plugin_state.h"

#include <algorithm>
#include <charconv>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/base/json_text.h"

namespace tgstats {
namespace {

namespace json = boost::json;

// Reserved keys are the engine's and do not count.
std::int64_t key_count(Database& database, const std::string& plugin) {
    auto count = database.prepare(
        "SELECT COUNT(*) FROM plugin_state WHERE plugin=?1 AND substr(key, 1, 1)<>?2");
    count.bind(plugin, std::string(1, hotreload::state_reserved_prefix));
    return count.step() ? count.integer(0) : 0;
}

void put(Database& database, const std::string& plugin, const std::string& key,
         const json::value& value) {
    database.prepare("INSERT INTO plugin_state VALUES(?1,?2,?3) ON CONFLICT DO UPDATE SET value=?3")
        .bind(plugin, key, json::serialize(value))
        .run();
}

// Numbers come back exactly as they were. What is no JSON was not written by put().
json::value value_of(std::string_view text) {
    auto value = hotreload::parse_json(text);
    if (value.has_error())
        throw SqlError(0, "a value of plugin_state is damaged: " + value.error().reason);
    return std::move(*value);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where the group's number that begins there ends; the same place where none does.
std::size_t end_of_group(std::string_view key, std::size_t at) {
    const bool within = at > 0 && (is_digit(key[at - 1]) || key[at - 1] == '-');
    auto end = at + 1;
    while (end < key.size() && is_digit(key[end])) ++end;
    return within || end == at + 1 ? at : end;
}

// A key as it is now: with the ids that groups have got since they were read (move_chat.h). What
// began before such a move, or still speaks of the old group, is of the new one.
std::string key_now(const Store& store, const std::string& key) {
    std::string now = key;
    for (auto at = now.find('-'); at != std::string::npos; at = now.find('-', at + 1)) {
        const auto end = end_of_group(now, at);
        std::int64_t id = 0;
        const auto read = std::from_chars(now.data() + at, now.data() + end, id);
        if (end == at || read.ec != std::errc()) continue;
        const auto current = store.current_chat_id(id);
        if (current != id) now.replace(at, end - at, std::to_string(current));
    }
    return now;
}

void put_version(Database& database, const std::string& plugin, std::int64_t version) {
    database
        .prepare("INSERT INTO plugin_versions VALUES(?1,?2) ON CONFLICT DO UPDATE SET version=?2")
        .bind(plugin, version)
        .run();
}

// In this order what is said of the new group itself is what stays.
template <class Value>
std::vector<const std::pair<const std::string, Value>*> renamed_first(
    const Store& store, const std::map<std::string, Value>& items) {
    std::vector<const std::pair<const std::string, Value>*> order;
    for (const auto& item : items) order.push_back(&item);
    std::ranges::stable_partition(
        order, [&](const auto* item) { return key_now(store, item->first) != item->first; });
    return order;
}

// The store's faults are exceptions; to the engine they are one line.
template <class T, class Work>
Task<Result<T, StateError>> on_thread(StoreThread& thread, Work work) {
    std::string fault;
    try {
        co_return co_await thread.run(work);
    } catch (const SqlError& error) {
        fault = error.what();
    } catch (const StoreBusy& error) {
        fault = error.what();
    }
    co_return StateError{std::move(fault)};
}

}  // namespace

PluginState read_state(Store& store, const std::string& plugin) {
    auto& database = store.database();
    PluginState state;
    auto version = database.prepare("SELECT version FROM plugin_versions WHERE plugin=?1");
    if (version.bind(plugin).step()) state.version = version.integer(0);
    auto values = database.prepare("SELECT key, value FROM plugin_state WHERE plugin=?1");
    values.bind(plugin);
    while (values.step())
        state.values.emplace(std::string(values.text(0)), value_of(values.text(1)));
    return state;
}

Result<void, StateError> apply_state(Store& store, const std::string& plugin,
                                     const StateChanges& changes) {
    if (auto problem = hotreload::change_problem(changes)) return *problem;
    auto& database = store.database();
    Transaction transaction(database);
    bool more_keys = false;
    for (const auto* change : renamed_first(store, changes)) {
        const auto& [key, value] = *change;
        const auto now = key_now(store, key);
        more_keys = more_keys || value.has_value();
        if (value) {
            put(database, plugin, now, *value);
            continue;
        }
        database.prepare("DELETE FROM plugin_state WHERE plugin=?1 AND key=?2")
            .bind(plugin, now)
            .run();
    }
    const auto keys_max = static_cast<std::int64_t>(hotreload::state_keys_max);
    if (more_keys && key_count(database, plugin) > keys_max)
        return StateError{fmt::format("a plugin keeps at most {} keys", keys_max), true};
    transaction.commit();
    return {};
}

std::optional<json::value> state_value(Store& store, const std::string& plugin,
                                       const std::string& key) {
    auto statement =
        store.database().prepare("SELECT value FROM plugin_state WHERE plugin=?1 AND key=?2");
    const auto now = key_now(store, key);
    if (!statement.bind(plugin, now).step()) return std::nullopt;
    return value_of(statement.text(0));
}

std::vector<std::string> state_keys(Store& store, const std::string& plugin) {
    auto statement =
        store.database().prepare("SELECT key FROM plugin_state WHERE plugin=?1 ORDER BY key");
    statement.bind(plugin);
    std::vector<std::string> keys;
    while (statement.step()) keys.emplace_back(statement.text(0));
    return keys;
}

Result<void, StateError> replace_state(Store& store, const std::string& plugin,
                                       const PluginState& state) {
    if (auto problem = hotreload::state_problem(state)) return *problem;
    auto& database = store.database();
    Transaction transaction(database);
    database.prepare("DELETE FROM plugin_state WHERE plugin=?1 AND substr(key, 1, 1)<>?2")
        .bind(plugin, std::string(1, hotreload::state_reserved_prefix))
        .run();
    put_version(database, plugin, state.version);
    for (const auto* item : renamed_first(store, state.values))
        if (!hotreload::is_reserved(item->first))
            put(database, plugin, key_now(store, item->first), item->second);
    transaction.commit();
    return {};
}

Result<void, StateError> replace_states(Store& store,
                                        const std::map<std::string, PluginState>& states) {
    Transaction transaction(store.database());
    for (const auto& [plugin, state] : states)
        if (auto replaced = replace_state(store, plugin, state); !replaced) return replaced;
    transaction.commit();
    return {};
}

Task<Result<PluginState, StateError>> PluginStates::read(std::string plugin) {
    auto work = [plugin](Store& store) -> Result<PluginState, StateError> {
        return read_state(store, plugin);
    };
    return on_thread<PluginState>(thread_, std::move(work));
}

Task<Result<std::optional<json::value>, StateError>> PluginStates::get(std::string plugin,
                                                                       std::string key) {
    auto work = [plugin, key](Store& store) -> Result<std::optional<json::value>, StateError> {
        return state_value(store, plugin, key);
    };
    return on_thread<std::optional<json::value>>(thread_, std::move(work));
}

Task<Result<std::vector<std::string>, StateError>> PluginStates::keys(std::string plugin) {
    auto work = [plugin](Store& store) -> Result<std::vector<std::string>, StateError> {
        return state_keys(store, plugin);
    };
    return on_thread<std::vector<std::string>>(thread_, std::move(work));
}

Task<Result<void, StateError>> PluginStates::commit(std::string plugin, StateChanges changes) {
    auto work = [plugin, changes](Store& store) { return apply_state(store, plugin, changes); };
    return on_thread<void>(thread_, std::move(work));
}

Task<Result<void, StateError>> PluginStates::replace_all(
    std::map<std::string, PluginState> states) {
    auto work = [states](Store& store) { return replace_states(store, states); };
    return on_thread<void>(thread_, std::move(work));
}

}  // namespace tgstats
