#include "tgstats/store/journal.h"

namespace tgstats {

namespace {

std::vector<JournalEntry> read_entries(Statement& statement) {
    std::vector<JournalEntry> result;
    while (statement.step())
        result.push_back({statement.integer(0), statement.integer(1), statement.integer(2),
                          std::string(statement.text(3)), std::string(statement.text(4)),
                          statement.integer(5) != 0, statement.integer(6)});
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
            "INSERT INTO journal(update_id, chat_id, kind, body, received, private)"
            " VALUES(?1,?2,?3,?4,?5,?6)")
        .bind(entry.update_id, entry.chat_id, entry.kind, entry.body, now, entry.is_private)
        .run();
    return database.last_insert_rowid();
}

std::vector<JournalEntry> journal_after(Store& store, std::int64_t seq, std::size_t limit) {
    auto statement = store.database().prepare(
        "SELECT seq, update_id, chat_id, kind, body, private, 0 FROM journal WHERE seq>?1"
        " AND body<>'' ORDER BY seq LIMIT ?2");
    statement.bind(seq, static_cast<std::int64_t>(limit));
    return read_entries(statement);
}

std::vector<JournalEntry> journal_unhandled(Store& store, std::size_t limit) {
    auto statement = store.database().prepare(
        "SELECT seq, update_id, chat_id, kind, body, private, received FROM journal"
        " WHERE handled=0 ORDER BY seq LIMIT ?1");
    statement.bind(static_cast<std::int64_t>(limit));
    return read_entries(statement);
}

bool journal_still_unhandled(Store& store, std::int64_t update_id) {
    auto& database = store.database();
    database.prepare("UPDATE journal SET handled=0 WHERE update_id=?1 AND handled=0")
        .bind(update_id)
        .run();
    return database.changes() > 0;
}

void journal_mark_handled(Store& store, std::int64_t update_id) {
    store.database()
        .prepare(
            "UPDATE journal SET handled=1, body=CASE kind WHEN ?2 THEN '' ELSE body END"
            " WHERE update_id=?1")
        .bind(update_id, journal_private)
        .run();
    journal_forget_private(store);
}

void journal_forget_private(Store& store) {
    store.database()
        .prepare(
            "UPDATE journal SET body='' WHERE private=1 AND body<>'' AND handled=1"
            " AND seq<=(SELECT COALESCE(MIN(seq), 9223372036854775807) FROM cursors)")
        .run();
}

void journal_make_private(Store& store, std::int64_t chat_id) {
    store.database()
        .prepare("UPDATE journal SET private=1 WHERE chat_id=?1 AND body<>''")
        .bind(chat_id)
        .run();
    journal_forget_private(store);
}

std::int64_t journal_last_seq(Store& store) {
    auto statement = store.database().prepare("SELECT MAX(seq) FROM journal");
    return statement.step() ? statement.integer(0) : 0;
}

std::int64_t journal_prune(Store& store, std::int64_t before, std::int64_t private_before) {
    auto& database = store.database();
    database
        .prepare(
            "UPDATE journal SET body='' WHERE handled=1 AND body<>'' AND received<?1"
            " AND seq<=(SELECT COALESCE(MIN(seq), 9223372036854775807) FROM cursors)")
        .bind(before)
        .run();
    const auto pruned = database.changes();
    database
        .prepare(
            "UPDATE journal SET body='' WHERE private=1 AND body<>'' AND handled=1 AND received<?1")
        .bind(private_before)
        .run();
    return pruned + database.changes();
}

// What a clock that went wrong dated later than now does not end the walk.
JournalStep journal_shorten(Store& store, std::int64_t after, std::int64_t before,
                            std::int64_t now) {
    auto& database = store.database();
    Transaction transaction(database);
    auto rows = database.prepare(
        "SELECT MAX(seq), COUNT(*), SUM(received BETWEEN ?2 AND ?3) FROM"
        " (SELECT seq, received FROM journal WHERE seq>?1 ORDER BY seq LIMIT ?4)");
    JournalStep step{.at = after, .deleted = 0, .last = true};
    if (!rows.bind(after, before, now, journal_step_rows).step() || rows.integer(1) == 0)
        return step;
    step.at = rows.integer(0);
    step.last = rows.integer(2) == rows.integer(1);
    rows.reset();
    database
        .prepare(
            "DELETE FROM journal WHERE seq>?1 AND seq<=?2 AND handled=1 AND received<?3"
            " AND seq<=(SELECT COALESCE(MIN(seq), 9223372036854775807) FROM cursors)"
            " AND seq<(SELECT MAX(seq) FROM journal)")
        .bind(after, step.at, before)
        .run();
    step.deleted = database.changes();
    transaction.commit();
    return step;
}

std::optional<std::int64_t> cursor(Store& store, const std::string& reader) {
    auto statement = store.database().prepare("SELECT seq FROM cursors WHERE reader=?1");
    if (!statement.bind(reader).step()) return std::nullopt;
    return statement.integer(0);
}

void set_cursor(Store& store, const std::string& reader, std::int64_t seq, std::int64_t now) {
    store.database()
        .prepare(
            "INSERT INTO cursors(reader, seq, seen) VALUES(?1,?2,?3)"
            " ON CONFLICT DO UPDATE SET seq=?2, seen=?3")
        .bind(reader, seq, now)
        .run();
    journal_forget_private(store);
}

void touch_cursor(Store& store, const std::string& reader, std::int64_t now) {
    store.database().prepare("UPDATE cursors SET seen=?2 WHERE reader=?1").bind(reader, now).run();
}

std::vector<std::string> forget_cursors(Store& store, std::int64_t before) {
    auto statement = store.database().prepare("DELETE FROM cursors WHERE seen<?1 RETURNING reader");
    statement.bind(before);
    std::vector<std::string> forgotten;
    while (statement.step()) forgotten.emplace_back(statement.text(0));
    return forgotten;
}

}  // namespace tgstats
