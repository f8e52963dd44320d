#include "tgstats/store/chat_history.h"

namespace tgstats {

namespace {

// The title at a time: of the last row up to it.
std::optional<TitleRow> title_at(Store& store, std::int64_t chat_id, std::int64_t date) {
    auto statement = store.database().prepare(
        "SELECT since, title, actor_id FROM chat_titles WHERE chat_id=?1 AND since<=?2"
        " ORDER BY since DESC LIMIT 1");
    if (!statement.bind(chat_id, date).step()) return std::nullopt;
    return TitleRow{chat_id, statement.integer(0), std::string(statement.text(1)),
                    statement.integer(2)};
}

}  // namespace

void put_title(Store& store, const TitleRow& row) {
    if (row.title.empty()) return;
    const auto before = title_at(store, row.chat_id, row.since);
    if (before && before->title == row.title) return;
    store.database()
        .prepare(
            "INSERT OR REPLACE INTO chat_titles(chat_id, since, title, actor_id)"
            " VALUES(?1,?2,?3,?4)")
        .bind(row.chat_id, row.since, row.title, row.actor_id)
        .run();
    // Where it was first seen later it is known now since when it was.
    store.database()
        .prepare(
            "DELETE FROM chat_titles WHERE chat_id=?1 AND title=?3 AND since="
            "(SELECT MIN(since) FROM chat_titles WHERE chat_id=?1 AND since>?2)")
        .bind(row.chat_id, row.since, row.title)
        .run();
}

std::vector<TitleRow> titles(Store& store, std::int64_t chat_id) {
    auto statement = store.database().prepare(
        "SELECT since, title, actor_id FROM chat_titles WHERE chat_id=?1 ORDER BY since");
    statement.bind(chat_id);
    std::vector<TitleRow> rows;
    while (statement.step())
        rows.push_back(
            {chat_id, statement.integer(0), std::string(statement.text(1)), statement.integer(2)});
    return rows;
}

std::optional<TopicRow> topic(Store& store, std::int64_t chat_id, std::int64_t thread_id) {
    auto statement = store.database().prepare(
        "SELECT name, icon, created, creator_id, closed, hidden FROM topics"
        " WHERE chat_id=?1 AND thread_id=?2");
    if (!statement.bind(chat_id, thread_id).step()) return std::nullopt;
    return TopicRow{.chat_id = chat_id,
                    .thread_id = thread_id,
                    .name = std::string(statement.text(0)),
                    .icon = std::string(statement.text(1)),
                    .created = statement.integer(2),
                    .creator_id = statement.integer(3),
                    .closed = statement.integer(4) != 0,
                    .hidden = statement.integer(5) != 0};
}

void put_topic(Store& store, const TopicRow& row) {
    store.database()
        .prepare(
            "INSERT OR REPLACE INTO topics(chat_id, thread_id, name, icon, created,"
            " creator_id, closed, hidden) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)")
        .bind(row.chat_id, row.thread_id, row.name, row.icon, row.created, row.creator_id,
              row.closed, row.hidden)
        .run();
}

}  // namespace tgstats
