// The deletion of what is stored about one person in one chat, step by step.
#include <string>

#include "tgstats/store/business.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/local_clock.h"
#include "tgstats/store/names_person.h"
#include "tgstats/store/privacy.h"
#include "tgstats/store/rollups.h"

namespace tgstats {
namespace {

// Who opted out writes nothing more; what who asked to be forgotten writes afterwards is stored.
std::int64_t end_of(Store& store, const Erasure& who) {
    if (who.kind == Erasure::Kind::anonymise) return INT64_MAX;
    return forgotten_until(store, who.user_id, who.chat_id).value_or(INT64_MAX);
}

std::vector<std::int64_t> some_messages_of(Store& store, const ErasureRun& run) {
    auto statement = store.database().prepare(
        "SELECT message_id FROM messages WHERE chat_id=?1 AND user_id=?2 AND date<=?3 LIMIT ?4");
    statement.bind(run.erasure.chat_id, run.erasure.user_id, run.until, erasure_step_messages);
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
    const auto ids = some_messages_of(store, run);
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

constexpr const char* in_range = " WHERE chat_id=?1 AND message_id>?2 AND message_id<=?3";
constexpr const char* given = "(user_id=?4 AND date<=?5)";
// Somebody may react to a message of theirs until it has gone.
constexpr const char* got =
    "(author_id=?4 AND NOT EXISTS(SELECT 1 FROM messages m WHERE m.chat_id=reactions.chat_id"
    " AND m.message_id=reactions.message_id AND m.user_id=?4 AND m.date>?5))";

// Reactions that they gave or got, and others' replies to them, on the messages of one range.
void erase_traces(Store& store, const ErasureRun& run, std::int64_t end) {
    const auto& [chat_id, user_id, kind] = run.erasure;
    std::vector<CountedReaction> reactions;
    {
        auto s = store.database().prepare(
            std::string("SELECT user_id, author_id, thread_id, count, date FROM reactions") +
            in_range + " AND (" + given + " OR " + got + ")");
        s.bind(chat_id, run.after, end, user_id, run.until);
        while (s.step())
            reactions.push_back(
                {s.integer(0), s.integer(1), s.integer(2), s.integer(3), s.integer(4)});
    }
    for (const auto& one : reactions)
        store.rollups().count_reaction(chat_id, one, store.clock(chat_id), -1);
    for (const auto& sql :
         {std::string("DELETE FROM reactions") + in_range + " AND " + given,
          std::string("UPDATE reactions SET author_id=0") + in_range + " AND " + got,
          std::string("UPDATE messages SET reply_to_user_id=0") + in_range +
              " AND reply_to_user_id=?4 AND date<=?5"})
        store.database().prepare(sql).bind(chat_id, run.after, end, user_id, run.until).run();
    // Of those that are left, what counts for the giver stays counted.
    for (auto one : reactions) {
        if (one.user_id == user_id && one.date <= run.until) continue;
        one.author_id = 0;
        store.rollups().count_reaction(chat_id, one, store.clock(chat_id), +1);
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

// The counts are of what is left: of nothing, where they still do not want to be counted.
void recount(Store& store, const ErasureRun& run) {
    const auto& [chat_id, user_id, kind] = run.erasure;
    Window left{.chat_id = chat_id, .since = INT64_MAX, .thread_id = 0};
    if (run.until != INT64_MAX) left.since = run.until + 1;
    const bool opted_in = run.until == INT64_MAX && !opted_out(store, user_id, chat_id);
    if (opted_in) left.since.reset();
    store.rollups().recount_user(left, user_id, store.clock(chat_id));
}

// Rows that are few.
void erase_few(Store& store, const ErasureRun& run) {
    for (const char* sql :
         {"DELETE FROM memberships WHERE chat_id=?1 AND user_id=?2 AND max(joined, left)<=?3",
          "DELETE FROM membership_changes WHERE chat_id=?1 AND user_id=?2 AND date<=?3",
          "UPDATE membership_changes SET actor_id=0 WHERE chat_id=?1 AND actor_id=?2 AND date<=?3",
          "UPDATE chat_titles SET actor_id=0 WHERE chat_id=?1 AND actor_id=?2 AND since<=?3",
          "UPDATE topics SET creator_id=0 WHERE chat_id=?1 AND creator_id=?2 AND created<=?3",
          "UPDATE messages SET forwarded_from='' WHERE chat_id=?1 AND message_id IN (SELECT"
          " message_id FROM message_details WHERE chat_id=?1 AND forward_user_id=?2"
          " AND forward_date<=?3)",
          "UPDATE message_details SET forward_user_id=0 WHERE chat_id=?1 AND forward_user_id=?2"
          " AND forward_date<=?3"})
        store.database()
            .prepare(sql)
            .bind(run.erasure.chat_id, run.erasure.user_id, run.until)
            .run();
}

// JSON that names the person: mentions, notes of the service, updates as they came. An update that
// is not dealt with is needed until then, and blank as soon as it is. With the private chat go the
// updates of no chat.
void erase_named(Store& store, const ErasureRun& run) {
    const auto name_them = [](const char* column) { return names_person(column, "?2"); };
    for (const auto& sql :
         {"UPDATE message_details SET entities='' WHERE chat_id=?1 AND " + name_them("entities") +
              " AND ?3>=(SELECT date FROM messages m WHERE m.chat_id=?1"
              " AND m.message_id=message_details.message_id)",
          "UPDATE service_rows SET actor_id=CASE WHEN actor_id=?2 THEN 0 ELSE actor_id END,"
          " details='{}' WHERE chat_id=?1 AND (actor_id=?2 OR " +
              name_them("details") + ") AND date<=?3",
          "UPDATE journal SET body=CASE handled WHEN 1 THEN '' ELSE body END,"
          " kind=CASE handled WHEN 1 THEN kind ELSE '" +
              std::string(journal_private) +
              "' END WHERE seq IN (SELECT seq FROM journal INDEXED BY journal_bodies"
              " WHERE received>0 AND received<=?3 AND body<>'' AND (chat_id=?1 AND ?1=?2"
              " OR (chat_id=?1 OR chat_id=0 AND ?1=?2) AND " +
              name_them("body") + "))"})
        store.database()
            .prepare(sql)
            .bind(run.erasure.chat_id, run.erasure.user_id, run.until)
            .run();
}

// In the private chat also what the bot said.
void erase_own_chat(Store& store, const ErasureRun& run) {
    const auto& [chat_id, user_id, kind] = run.erasure;
    if (chat_id != user_id || kind != Erasure::Kind::remove) return;
    for (const char* sql : {"DELETE FROM messages WHERE chat_id=?1 AND date<=?2",
                            "DELETE FROM service_rows WHERE chat_id=?1 AND date<=?2"})
        store.database().prepare(sql).bind(chat_id, run.until).run();
}

// Of whom nothing is known, there is nothing of the private chat but its number.
void erase_whole_own_chat(Database& database, std::int64_t user_id) {
    for (const char* table : {"messages", "service_rows", "reactions", "deletions", "topics",
                              "chat_titles", "memberships", "membership_changes", "rollups",
                              "hours", "past_rollups", "past_hours", "stop_words", "chat_policies"})
        database.prepare(std::string("DELETE FROM ") + table + " WHERE chat_id=?1")
            .bind(user_id)
            .run();
}

void erase_rest(Store& store, const ErasureRun& run) {
    const auto& who = run.erasure;
    auto& database = store.database();
    erase_few(store, run);
    erase_named(store, run);
    erase_own_chat(store, run);
    recount(store, run);
    if (known_elsewhere(store, who.user_id)) return;
    if (who.kind == Erasure::Kind::remove) erase_whole_own_chat(database, who.user_id);
    // A private chat is named after its person.
    database.prepare("UPDATE chats SET title='', username='' WHERE id=?1").bind(who.user_id).run();
    database.prepare("DELETE FROM users WHERE id=?1").bind(who.user_id).run();
    forget_business_of(database, who.user_id);
}

}  // namespace

void erase_step(Store& store, ErasureRun& run) {
    Transaction transaction(store.database());
    // They may have asked once more meanwhile.
    const auto until = end_of(store, run.erasure);
    if (until != run.until) {
        run.until = until;
        run.own_done = false;
        run.after = INT64_MIN;
    }
    if (!run.own_done) {
        run.own_done = erase_own_messages(store, run);
    } else if (run.after != INT64_MAX) {
        const auto end = end_of_range(store, run);
        erase_traces(store, run, end);
        run.after = end;
    } else {
        erase_rest(store, run);
        erasure_done(store, run.erasure);
        run.done = true;
    }
    transaction.commit();
}

}  // namespace tgstats
