// The deletion of what is stored about one person in one chat, step by step.
#include <fmt/format.h>

#include "tgstats/store/business.h"
#include "tgstats/store/local_clock.h"
#include "tgstats/store/privacy.h"
#include "tgstats/store/rollups.h"

namespace tgstats {
namespace {

std::vector<std::int64_t> some_messages_of(Store& store, const Erasure& who) {
    auto statement = store.database().prepare(
        "SELECT message_id FROM messages WHERE chat_id=?1 AND user_id=?2 LIMIT ?3");
    statement.bind(who.chat_id, who.user_id, erasure_step_messages);
    std::vector<std::int64_t> ids;
    while (statement.step()) ids.push_back(statement.integer(0));
    return ids;
}

// What they added to the counts is taken back, also what they added to others' (replies).
void erase_message(Store& store, const Erasure& who, const MessageRow& row) {
    store.rollups().count_message(row, store.clock(row.chat_id), -1);
    const bool whole = who.kind == Erasure::Kind::remove;
    store.database()
        .prepare(whole ? "DELETE FROM messages WHERE chat_id=?1 AND message_id=?2"
                       : "UPDATE messages SET user_id=0, sender_chat_id=0, reply_to_user_id=0,"
                         " text='', via_bot='', forwarded_from=''"
                         " WHERE chat_id=?1 AND message_id=?2")
        .bind(row.chat_id, row.message_id)
        .run();
    // Where the row went, these went with it.
    for (const char* sql : {"DELETE FROM message_details WHERE chat_id=?1 AND message_id=?2",
                            "DELETE FROM message_files WHERE chat_id=?1 AND message_id=?2"})
        if (!whole) store.database().prepare(sql).bind(row.chat_id, row.message_id).run();
}

bool erase_own_messages(Store& store, ErasureRun& run) {
    const auto ids = some_messages_of(store, run.erasure);
    for (const auto id : ids)
        if (const auto row = store.message(run.erasure.chat_id, id))
            erase_message(store, run.erasure, *row);
    run.messages += static_cast<std::int64_t>(ids.size());
    return ids.empty();
}

std::int64_t end_of_range(Store& store, const ErasureRun& run) {
    auto statement = store.database().prepare(
        "SELECT message_id FROM messages WHERE chat_id=?1 AND message_id>?2 ORDER BY message_id"
        " LIMIT 1 OFFSET ?3");
    statement.bind(run.erasure.chat_id, run.after, erasure_step_ids);
    return statement.step() ? statement.integer(0) : INT64_MAX;
}

struct Given {
    std::int64_t message_id = 0;
    CountedReaction counted;
};

// Reactions that they gave or got, and others' replies to them, on the messages of one range.
void erase_traces(Store& store, const ErasureRun& run, std::int64_t end) {
    const auto& [chat_id, user_id, kind] = run.erasure;
    std::vector<Given> reactions;
    {
        auto s = store.database().prepare(
            "SELECT message_id, user_id, author_id, thread_id, count, date FROM reactions"
            " WHERE chat_id=?1 AND message_id>?2 AND message_id<=?3"
            " AND (user_id=?4 OR author_id=?4)");
        s.bind(chat_id, run.after, end, user_id);
        while (s.step())
            reactions.push_back(
                {s.integer(0),
                 {s.integer(1), s.integer(2), s.integer(3), s.integer(4), s.integer(5)}});
    }
    for (const auto& one : reactions)
        store.rollups().count_reaction(chat_id, one.counted, store.clock(chat_id), -1);
    for (const char* sql :
         {"DELETE FROM reactions WHERE chat_id=?1 AND message_id>?2 AND message_id<=?3"
          " AND user_id=?4",
          "UPDATE reactions SET author_id=0 WHERE chat_id=?1 AND message_id>?2 AND message_id<=?3"
          " AND author_id=?4",
          "UPDATE messages SET reply_to_user_id=0 WHERE chat_id=?1 AND message_id>?2"
          " AND message_id<=?3 AND reply_to_user_id=?4"})
        store.database().prepare(sql).bind(chat_id, run.after, end, user_id).run();
    // Of those others gave, what counts for the giver stays counted.
    for (auto one : reactions) {
        if (one.counted.user_id == user_id) continue;
        one.counted.author_id = 0;
        store.rollups().count_reaction(chat_id, one.counted, store.clock(chat_id), +1);
    }
}

bool known_elsewhere(Store& store, std::int64_t user_id) {
    for (const auto chat : store.known_chat_ids())
        for (const char* sql : {"SELECT 1 FROM messages WHERE chat_id=?1 AND user_id=?2 LIMIT 1",
                                "SELECT 1 FROM memberships WHERE chat_id=?1 AND user_id=?2",
                                "SELECT 1 FROM rollups WHERE chat_id=?1 AND thread_id=0 AND span=0"
                                " AND start=0 AND user_id=?2"})
            if (store.database().prepare(sql).bind(chat, user_id).step()) return true;
    return false;
}

// What is left: rows that are few, and updates as they came that name the person.
void erase_rest(Store& store, const Erasure& who) {
    auto& database = store.database();
    for (const char* sql : {"DELETE FROM rollups WHERE chat_id=?1 AND user_id=?2",
                            "DELETE FROM past_rollups WHERE chat_id=?1 AND user_id=?2",
                            "DELETE FROM memberships WHERE chat_id=?1 AND user_id=?2",
                            "DELETE FROM membership_changes WHERE chat_id=?1 AND user_id=?2",
                            "UPDATE membership_changes SET actor_id=0 WHERE chat_id=?1 AND"
                            " actor_id=?2",
                            "UPDATE chat_titles SET actor_id=0 WHERE chat_id=?1 AND actor_id=?2",
                            "UPDATE topics SET creator_id=0 WHERE chat_id=?1 AND creator_id=?2",
                            "UPDATE messages SET forwarded_from='' WHERE chat_id=?1 AND message_id"
                            " IN (SELECT message_id FROM message_details WHERE chat_id=?1 AND"
                            " forward_user_id=?2)",
                            "UPDATE message_details SET forward_user_id=0 WHERE chat_id=?1 AND"
                            " forward_user_id=?2"})
        database.prepare(sql).bind(who.chat_id, who.user_id).run();
    const auto last = fmt::format("\"id\":{}}}", who.user_id);
    const auto inner = fmt::format("\"id\":{},", who.user_id);
    database
        .prepare(
            "UPDATE message_details SET entities='' WHERE chat_id=?1 AND (instr(entities, ?2)>0"
            " OR instr(entities, ?3)>0)")
        .bind(who.chat_id, last, inner)
        .run();
    database
        .prepare(
            "UPDATE service_rows SET actor_id=CASE WHEN actor_id=?2 THEN 0 ELSE actor_id END,"
            " details='{}' WHERE chat_id=?1 AND (actor_id=?2 OR instr(details, ?3)>0"
            " OR instr(details, ?4)>0)")
        .bind(who.chat_id, who.user_id, last, inner)
        .run();
    database
        .prepare(
            "UPDATE journal SET body='' WHERE seq IN (SELECT seq FROM journal INDEXED BY"
            " journal_bodies WHERE received>0 AND body<>'' AND handled=1 AND chat_id=?1"
            " AND (instr(body, ?2)>0 OR instr(body, ?3)>0))")
        .bind(who.chat_id, last, inner)
        .run();
    const bool own_chat = who.chat_id == who.user_id && who.kind == Erasure::Kind::remove;
    for (const char* sql :
         {"DELETE FROM messages WHERE chat_id=?1", "DELETE FROM service_rows WHERE chat_id=?1",
          "DELETE FROM rollups WHERE chat_id=?1"})
        if (own_chat) database.prepare(sql).bind(who.chat_id).run();  // what the bot said there
    if (known_elsewhere(store, who.user_id)) return;
    // A private chat is named after its person.
    database.prepare("UPDATE chats SET title='', username='' WHERE id=?1").bind(who.user_id).run();
    database.prepare("DELETE FROM users WHERE id=?1").bind(who.user_id).run();
    forget_business_of(database, who.user_id);
}

}  // namespace

void erase_step(Store& store, ErasureRun& run) {
    Transaction transaction(store.database());
    if (!run.own_done) {
        run.own_done = erase_own_messages(store, run);
    } else if (run.after != INT64_MAX) {
        const auto end = end_of_range(store, run);
        erase_traces(store, run, end);
        run.after = end;
    } else {
        erase_rest(store, run.erasure);
        erasure_done(store, run.erasure);
        run.done = true;
    }
    transaction.commit();
}

}  // namespace tgstats
