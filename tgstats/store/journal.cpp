#include "tgstats/store/journal.h"

namespace tgstats {

namespace {

std::vector<JournalEntry> read_entries(Statement& statement) {
    std::vector<JournalEntry> result;
    while (statement.step())
        result.push_back({statement.integer(0), statement.integer(1), statement.integer(2),
                          std::string(statement.text(3)), std::string(statement.text(4))});
    return result;
}

}  // namespace

std::optional<std::int64_t> journal_append(Store& store, const JournalEntry& entry,
                                           std::int64_t now) {
    auto& database = store.database();
    // Asked first: an INSERT that is refused would still use up a number.
    auto known = database.prepare("SELECT 1 FROM journal WHERE update_id=?1");
    if (known.bind(entry.update_id).step()) return std::nullopt;
    database
        .prepare(
            "INSERT INTO journal(update_id, chat_id, kind, body, received)"
            " VALUES(?1,?2,?3,?4,?5)")
        .bind(entry.update_id, entry.chat_id, entry.kind, entry.body, now)
        .run();
    return database.last_insert_rowid();
}

std::vector<JournalEntry> journal_after(Store& store, std::int64_t seq, std::size_t limit) {
    auto statement = store.database().prepare(
        "SELECT seq, update_id, chat_id, kind, body FROM journal WHERE seq>?1 AND body<>'' ORDER "
        "BY seq LIMIT ?2");
    statement.bind(seq, static_cast<std::int64_t>(limit));
    return read_entries(statement);
}

std::vector<JournalEntry> journal_unhandled(Store& store, std::size_t limit) {
    auto statement = store.database().prepare(
        "SELECT seq, update_id, chat_id, kind, body FROM journal WHERE handled=0 ORDER BY seq "
        "LIMIT ?1");
    statement.bind(static_cast<std::int64_t>(limit));
    return read_entries(statement);
}

void journal_mark_handled(Store& store, std::int64_t update_id) {
    store.database()
        .prepare("UPDATE journal SET handled=1 WHERE update_id=?1")
        .bind(update_id)
        .run();
}

std::int64_t journal_last_seq(Store& store) {
    auto statement = store.database().prepare("SELECT MAX(seq) FROM journal");
    return statement.step() ? statement.integer(0) : 0;
}

std::int64_t journal_prune(Store& store, std::int64_t before) {
    auto& database = store.database();
    database
        .prepare(
            "UPDATE journal SET body='' WHERE handled=1 AND body<>'' AND received<?1"
            " AND seq<=(SELECT COALESCE(MIN(seq), 9223372036854775807) FROM cursors)")
        .bind(before)
        .run();
    return database.changes();
}

std::optional<std::int64_t> cursor(Store& store, const std::string& reader) {
    auto statement = store.database().prepare("SELECT seq FROM cursors WHERE reader=?1");
    if (!statement.bind(reader).step()) return std::nullopt;
    return statement.integer(0);
}

void set_cursor(Store& store, const std::string& reader, std::int64_t seq) {
    store.database()
        .prepare("INSERT INTO cursors VALUES(?1,?2) ON CONFLICT DO UPDATE SET seq=?2")
        .bind(reader, seq)
        .run();
}

void remove_cursor(Store& store, const std::string& reader) {
    store.database().prepare("DELETE FROM cursors WHERE reader=?1").bind(reader).run();
}

std::int64_t outbox_put(Store& store, const OutboxEntry& entry) {
    auto& database = store.database();
    database.prepare("INSERT INTO outbox(update_id, plugin, call) VALUES(?1,?2,?3)")
        .bind(entry.update_id, entry.plugin, entry.call)
        .run();
    return database.last_insert_rowid();
}

std::vector<OutboxEntry> outbox(Store& store, std::size_t limit) {
    auto statement = store.database().prepare(
        "SELECT id, update_id, plugin, call FROM outbox ORDER BY id LIMIT ?1");
    statement.bind(static_cast<std::int64_t>(limit));
    std::vector<OutboxEntry> result;
    while (statement.step())
        result.push_back({statement.integer(0), statement.integer(1),
                          std::string(statement.text(2)), std::string(statement.text(3))});
    return result;
}

void outbox_remove(Store& store, std::int64_t id) {
    store.database().prepare("DELETE FROM outbox WHERE id=?1").bind(id).run();
}

std::optional<std::string> state_get(Store& store, const std::string& plugin,
                                     const std::string& key) {
    auto statement =
        store.database().prepare("SELECT value FROM plugin_state WHERE plugin=?1 AND key=?2");
    if (!statement.bind(plugin, key).step()) return std::nullopt;
    return std::string(statement.text(0));
}

std::optional<std::string> state_set(Store& store, const std::string& plugin,
                                     const std::string& key, const std::string& value) {
    if (value.size() > state_value_bytes_max)
        return "the value of '" + key + "' has " + std::to_string(value.size()) +
               " bytes; at most " + std::to_string(state_value_bytes_max) + " are kept";
    auto& database = store.database();
    if (!state_get(store, plugin, key)) {
        auto count = database.prepare("SELECT COUNT(*) FROM plugin_state WHERE plugin=?1");
        if (count.bind(plugin).step() &&
            count.integer(0) >= static_cast<std::int64_t>(state_keys_max))
            return "a plugin keeps at most " + std::to_string(state_keys_max) + " keys";
    }
    database.prepare("INSERT INTO plugin_state VALUES(?1,?2,?3) ON CONFLICT DO UPDATE SET value=?3")
        .bind(plugin, key, value)
        .run();
    return std::nullopt;
}

bool state_remove(Store& store, const std::string& plugin, const std::string& key) {
    auto& database = store.database();
    database.prepare("DELETE FROM plugin_state WHERE plugin=?1 AND key=?2").bind(plugin, key).run();
    return database.changes() > 0;
}

std::vector<std::string> state_keys(Store& store, const std::string& plugin) {
    auto statement =
        store.database().prepare("SELECT key FROM plugin_state WHERE plugin=?1 ORDER BY key");
    statement.bind(plugin);
    std::vector<std::string> result;
    while (statement.step()) result.emplace_back(statement.text(0));
    return result;
}

}  // namespace tgstats
