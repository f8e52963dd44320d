#include "tgstats/store/plugin_state.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace tgstats {
namespace {

namespace json = boost::json;

Result<void, StateError> refused(std::string why) { return StateError{std::move(why)}; }

std::int64_t key_count(Database& database, const std::string& plugin) {
    auto count = database.prepare("SELECT COUNT(*) FROM plugin_state WHERE plugin=?1");
    count.bind(plugin);
    return count.step() ? count.integer(0) : 0;
}

Result<void, StateError> put(Database& database, const std::string& plugin, const std::string& key,
                             const json::value& value) {
    if (key.size() > hotreload::state_key_bytes_max)
        return refused(fmt::format("a key of {} bytes; at most {} are kept", key.size(),
                                   hotreload::state_key_bytes_max));
    const auto text = json::serialize(value);
    if (text.size() > hotreload::state_value_bytes_max)
        return refused(fmt::format("the value of '{}' has {} bytes; at most {} are kept", key,
                                   text.size(), hotreload::state_value_bytes_max));
    database.prepare("INSERT INTO plugin_state VALUES(?1,?2,?3) ON CONFLICT DO UPDATE SET value=?3")
        .bind(plugin, key, text)
        .run();
    return {};
}

void put_version(Database& database, const std::string& plugin, std::int64_t version) {
    database
        .prepare("INSERT INTO plugin_versions VALUES(?1,?2) ON CONFLICT DO UPDATE SET version=?2")
        .bind(plugin, version)
        .run();
}

std::optional<json::value> get_value(Store& store, const std::string& plugin,
                                     const std::string& key) {
    auto statement =
        store.database().prepare("SELECT value FROM plugin_state WHERE plugin=?1 AND key=?2");
    if (!statement.bind(plugin, key).step()) return std::nullopt;
    return json::parse(statement.text(0));
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
        state.values.emplace(std::string(values.text(0)), json::parse(values.text(1)));
    return state;
}

Result<void, StateError> apply_state(Store& store, const std::string& plugin,
                                     const StateChanges& changes) {
    auto& database = store.database();
    Transaction transaction(database);
    for (const auto& [key, value] : changes) {
        if (!value) {
            database.prepare("DELETE FROM plugin_state WHERE plugin=?1 AND key=?2")
                .bind(plugin, key)
                .run();
            continue;
        }
        auto kept = put(database, plugin, key, *value);
        if (!kept) return kept;
    }
    if (key_count(database, plugin) > static_cast<std::int64_t>(hotreload::state_keys_max))
        return refused(fmt::format("a plugin keeps at most {} keys", hotreload::state_keys_max));
    transaction.commit();
    return {};
}

Result<void, StateError> replace_state(Store& store, const std::string& plugin,
                                       const PluginState& state) {
    auto& database = store.database();
    Transaction transaction(database);
    database.prepare("DELETE FROM plugin_state WHERE plugin=?1").bind(plugin).run();
    put_version(database, plugin, state.version);
    StateChanges all;
    for (const auto& [key, value] : state.values) all.emplace(key, value);
    auto kept = apply_state(store, plugin, all);
    if (!kept) return kept;
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
        return get_value(store, plugin, key);
    };
    return on_thread<std::optional<json::value>>(thread_, std::move(work));
}

Task<Result<void, StateError>> PluginStates::commit(std::string plugin, StateChanges changes) {
    auto work = [plugin, changes](Store& store) { return apply_state(store, plugin, changes); };
    return on_thread<void>(thread_, std::move(work));
}

Task<Result<void, StateError>> PluginStates::replace(std::string plugin, PluginState state) {
    auto work = [plugin, state](Store& store) { return replace_state(store, plugin, state); };
    return on_thread<void>(thread_, std::move(work));
}

}  // namespace tgstats
