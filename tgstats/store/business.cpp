#include "tgstats/store/business.h"

#include "tgstats/store/business_texts.h"

namespace tgstats {

namespace {

std::optional<std::int64_t> chat_of_same_account(Store& store, const std::string& connection_id,
                                                 std::int64_t person_id) {
    auto row = store.database().prepare(
        "SELECT chat_id FROM business_chats WHERE person_id=?2 AND connection_id IN"
        " (SELECT id FROM business_connections WHERE user_id=(SELECT user_id FROM"
        " business_connections WHERE id=?1)) LIMIT 1");
    if (!row.bind(connection_id, person_id).step()) return std::nullopt;
    return row.integer(0);
}

std::int64_t new_chat(Store& store) {
    auto last = store.database().prepare("SELECT MAX(id) FROM chats WHERE id<?1");
    last.bind(business_chats_end);
    const auto newest = last.step() ? last.integer(0) : 0;  // 0: there is none
    return newest == 0 ? business_chats_begin : newest + 1;
}

}  // namespace

void put_business_connection(Store& store, const BusinessConnectionRow& connection) {
    store.database()
        .prepare("INSERT OR REPLACE INTO business_connections VALUES(?1,?2,?3,?4,?5,?6)")
        .bind(connection.id, connection.user_id, connection.user_chat_id, connection.date,
              connection.enabled, connection.rights)
        .run();
    apply_business_texts(store, connection.id);
}

std::optional<BusinessConnectionRow> business_connection(Store& store, const std::string& id) {
    auto row = store.database().prepare(
        "SELECT user_id, user_chat_id, date, enabled, rights FROM business_connections"
        " WHERE id=?1");
    if (!row.bind(id).step()) return std::nullopt;
    return BusinessConnectionRow{id,
                                 row.integer(0),
                                 row.integer(1),
                                 row.integer(2),
                                 row.integer(3) != 0,
                                 std::string(row.text(4))};
}

std::optional<std::int64_t> business_chat(Store& store, const std::string& connection_id,
                                          std::int64_t person_id) {
    auto row = store.database().prepare(
        "SELECT chat_id FROM business_chats WHERE person_id=?2 AND connection_id=?1");
    if (row.bind(connection_id, person_id).step()) return row.integer(0);
    return chat_of_same_account(store, connection_id, person_id);
}

std::int64_t open_business_chat(Store& store, const std::string& connection_id,
                                std::int64_t person_id) {
    Transaction transaction(store.database());
    const auto known = business_chat(store, connection_id, person_id);
    const auto chat_id = known ? *known : new_chat(store);
    if (!known) {
        store.put_chat({chat_id, "private", "", "", false});
        auto settings = store.settings(chat_id);
        settings.store_text = false;
        static_cast<void>(store.set_settings(chat_id, settings));  // of a chat that is there
        store.set_active(chat_id, false);
    }
    store.database()
        .prepare("INSERT OR IGNORE INTO business_chats VALUES(?1,?2,?3)")
        .bind(connection_id, person_id, chat_id)
        .run();
    if (!known) apply_business_texts(store, connection_id);
    transaction.commit();
    return chat_id;
}

void forget_business_of(Database& database, std::int64_t person_id) {
    for (const char* sql : {"DELETE FROM business_connections WHERE user_id=?1 OR user_chat_id=?1",
                            "DELETE FROM business_chats WHERE person_id=?1"})
        database.prepare(sql).bind(person_id).run();
}

}  // namespace tgstats
