#include "tgstats/store/outbox.h"

#include <algorithm>

namespace tgstats {
namespace {

constexpr std::int64_t edited_age_max_s = 2 * 86'400;

void put_file(Database& database, std::int64_t entry, const OutboxFile& file) {
    database
        .prepare("INSERT INTO outbox_files(entry, field, name, type, bytes) VALUES(?1,?2,?3,?4,?5)")
        .bind(entry, file.field, file.name, file.type, Blob{file.bytes})
        .run();
}

std::vector<OutboxFile> files_of(Database& database, std::int64_t entry) {
    auto statement = database.prepare(
        "SELECT field, name, type, bytes FROM outbox_files WHERE entry=?1 ORDER BY rowid");
    statement.bind(entry);
    std::vector<OutboxFile> files;
    while (statement.step())
        files.push_back({std::string(statement.text(0)), std::string(statement.text(1)),
                         std::string(statement.text(2)), std::string(statement.blob(3))});
    return files;
}

}  // namespace

std::int64_t outbox_put(Store& store, const OutboxEntry& entry) {
    auto& database = store.database();
    Transaction transaction(database);
    database
        .prepare(
            "INSERT INTO outbox(batch, chat_id, update_id, plugin, method, params, created,"
            " sending) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")
        .bind(entry.batch, entry.chat_id, entry.update_id, entry.plugin, entry.method, entry.params,
              entry.created, entry.sending)
        .run();
    const auto id = database.last_insert_rowid();
    if (entry.batch == 0) database.prepare("UPDATE outbox SET batch=id WHERE id=?1").bind(id).run();
    for (const auto& file : entry.files) put_file(database, id, file);
    transaction.commit();
    return id;
}

std::vector<OutboxEntry> outbox_waiting(Store& store) {
    auto statement = store.database().prepare(
        "SELECT id, batch, chat_id, update_id, plugin, method, created, sending FROM outbox"
        " WHERE sending>=0 ORDER BY id");
    std::vector<OutboxEntry> entries;
    while (statement.step())
        entries.push_back({.id = statement.integer(0),
                           .batch = statement.integer(1),
                           .chat_id = statement.integer(2),
                           .update_id = statement.integer(3),
                           .plugin = std::string(statement.text(4)),
                           .method = std::string(statement.text(5)),
                           .params = {},
                           .created = statement.integer(6),
                           .sending = statement.integer(7),
                           .files = {}});
    return entries;
}

std::optional<OutboxEntry> outbox_get(Store& store, std::int64_t id) {
    auto statement = store.database().prepare(
        "SELECT batch, chat_id, update_id, plugin, method, params, created, sending FROM outbox"
        " WHERE id=?1");
    if (!statement.bind(id).step()) return std::nullopt;
    return OutboxEntry{.id = id,
                       .batch = statement.integer(0),
                       .chat_id = statement.integer(1),
                       .update_id = statement.integer(2),
                       .plugin = std::string(statement.text(3)),
                       .method = std::string(statement.text(4)),
                       .params = std::string(statement.text(5)),
                       .created = statement.integer(6),
                       .sending = statement.integer(7),
                       .files = files_of(store.database(), id)};
}

void outbox_begin(Store& store, std::int64_t id, std::int64_t now) {
    store.database().prepare("UPDATE outbox SET sending=?2 WHERE id=?1").bind(id, now).run();
}

void outbox_put_back(Store& store, std::int64_t id) { outbox_begin(store, id, 0); }

void outbox_remove(Store& store, std::int64_t id) {
    store.database().prepare("DELETE FROM outbox WHERE id=?1").bind(id).run();
}

void outbox_remove_batch(Store& store, std::int64_t batch) {
    store.database().prepare("DELETE FROM outbox WHERE batch=?1 AND sending>=0").bind(batch).run();
}

// Its time is kept as a negative one.
void outbox_lose(Store& store, std::int64_t id, std::int64_t forget_before) {
    auto& database = store.database();
    database.prepare("DELETE FROM outbox WHERE sending<0 AND sending>?1")
        .bind(-forget_before)
        .run();
    database.prepare("DELETE FROM outbox_files WHERE entry=?1").bind(id).run();
    database
        .prepare("UPDATE outbox SET sending=-abs(sending), params='{}' WHERE id=?1 AND sending<>0")
        .bind(id)
        .run();
}

std::vector<SentBefore> sent_since(Store& store, std::int64_t account_id, std::int64_t since) {
    std::vector<SentBefore> sent;
    auto recorded = store.database().prepare(
        "SELECT date, edit_date FROM messages WHERE chat_id=?1 AND user_id=?2 AND date>=?3"
        " AND max(date, edit_date)>=?4");
    for (const auto chat_id : store.known_chat_ids()) {
        recorded.bind(chat_id, account_id, since - edited_age_max_s, since);
        while (recorded.step()) {
            const auto date = recorded.integer(0), edited = recorded.integer(1);
            if (date >= since) sent.push_back({chat_id, date});
            if (edited >= since) sent.push_back({chat_id, edited, true});
        }
        recorded.reset();
    }
    auto under_way = store.database().prepare(
        "SELECT chat_id, abs(sending), method LIKE 'edit%' FROM outbox WHERE abs(sending)>=?1"
        " AND (method LIKE 'send%' OR method LIKE 'forward%' OR method LIKE 'copy%'"
        " OR method LIKE 'edit%')");
    under_way.bind(since);
    while (under_way.step())
        sent.push_back({under_way.integer(0), under_way.integer(1), under_way.integer(2) != 0});
    std::ranges::sort(sent, {}, &SentBefore::at);
    return sent;
}

}  // namespace tgstats
