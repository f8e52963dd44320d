#include "tgstats/store/chat_policy.h"

namespace tgstats {

ChatPolicy chat_policy(Store& store, std::int64_t chat_id) {
    auto statement = store.database().prepare(
        "SELECT set_up, text_days, metadata_days FROM chat_policies WHERE chat_id=?1");
    if (!statement.bind(chat_id).step()) return {};
    return {statement.integer(0) != 0, statement.integer(1), statement.integer(2)};
}

void mark_set_up(Store& store, std::int64_t chat_id) {
    store.database()
        .prepare(
            "INSERT INTO chat_policies(chat_id, set_up) VALUES(?1,1)"
            " ON CONFLICT DO UPDATE SET set_up=1")
        .bind(chat_id)
        .run();
}

void set_text_days(Store& store, std::int64_t chat_id, std::int64_t days) {
    store.database()
        .prepare(
            "INSERT INTO chat_policies(chat_id, text_days) VALUES(?1,?2)"
            " ON CONFLICT DO UPDATE SET text_days=?2")
        .bind(chat_id, days)
        .run();
}

void set_metadata_days(Store& store, std::int64_t chat_id, std::int64_t days) {
    store.database()
        .prepare(
            "INSERT INTO chat_policies(chat_id, metadata_days) VALUES(?1,?2)"
            " ON CONFLICT DO UPDATE SET metadata_days=?2")
        .bind(chat_id, days)
        .run();
}

std::vector<std::int64_t> chats_with_retention(Store& store) {
    auto statement = store.database().prepare(
        "SELECT chat_id FROM chat_policies WHERE text_days>0 OR metadata_days>0 ORDER BY chat_id");
    std::vector<std::int64_t> chats;
    while (statement.step()) chats.push_back(statement.integer(0));
    return chats;
}

std::vector<std::string> stop_words(Store& store, std::int64_t chat_id) {
    auto statement =
        store.database().prepare("SELECT word FROM stop_words WHERE chat_id=?1 ORDER BY word");
    statement.bind(chat_id);
    std::vector<std::string> words;
    while (statement.step()) words.emplace_back(statement.text(0));
    return words;
}

void add_stop_word(Store& store, std::int64_t chat_id, const std::string& word) {
    store.database()
        .prepare("INSERT OR IGNORE INTO stop_words VALUES(?1,?2)")
        .bind(chat_id, word)
        .run();
}

bool remove_stop_word(Store& store, std::int64_t chat_id, const std::string& word) {
    store.database()
        .prepare("DELETE FROM stop_words WHERE chat_id=?1 AND word=?2")
        .bind(chat_id, word)
        .run();
    return store.database().changes() > 0;
}

void move_policies(Database& database, std::int64_t from_chat_id, std::int64_t to_chat_id) {
    for (const char* table : {"chat_policies", "stop_words", "opted_out", "forgotten", "erasures",
                              "past_rollups", "past_hours"})
        database
            .prepare("UPDATE OR REPLACE " + std::string(table) + " SET chat_id=?2 WHERE chat_id=?1")
            .bind(from_chat_id, to_chat_id)
            .run();
}

}  // namespace tgstats
