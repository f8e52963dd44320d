#include "tgstats/store/retention.h"

#include "tgstats/store/local_clock.h"
#include "tgstats/store/rollups.h"
#include "tgstats/store/service_actions.h"

namespace tgstats {
namespace {

// Besides what was written, the names of files are words of people.
constexpr const char* holds_text =
    "(text<>'' OR EXISTS(SELECT 1 FROM message_files f WHERE f.chat_id=messages.chat_id"
    " AND f.message_id=messages.message_id AND f.name<>''))";

struct RowKey {
    std::int64_t date = 0;
    std::int64_t message_id = 0;
    bool has_text = false;
};

std::vector<RowKey> next_rows(Store& store, const RetentionRun& run) {
    auto statement = store.database().prepare(
        "SELECT date, message_id, " + std::string(holds_text) +
        " FROM messages WHERE chat_id=?1 AND date<?2 AND (date, message_id)>(?3, ?4)"
        " ORDER BY date, message_id LIMIT ?5");
    statement.bind(run.chat_id, run.before, run.at_date, run.at_message, retention_step_rows);
    std::vector<RowKey> rows;
    while (statement.step())
        rows.push_back({statement.integer(0), statement.integer(1), statement.integer(2) != 0});
    return rows;
}

// The updates as they came hold texts, too; those that are dealt with are needed by nobody who is
// not behind by days. The index holds only what is not blank yet.
bool blank_journal(Store& store, const RetentionRun& run) {
    auto& database = store.database();
    database
        .prepare(
            "UPDATE journal SET body='' WHERE seq IN (SELECT seq FROM journal INDEXED BY"
            " journal_bodies WHERE received<?2 AND body<>'' AND handled=1 AND chat_id=?1 LIMIT ?3)")
        .bind(run.chat_id, run.before, retention_step_rows)
        .run();
    return database.changes() == 0;
}

std::string quoted_wordless() {
    std::string list;
    const auto add = [&](std::string_view action) {
        list += (list.empty() ? "'" : ",'") + std::string(action) + "'";
    };
    for (const auto& action : service_actions)
        if (action.wordless) add(action.name);
    for (const auto action : exported_wordless_actions) add(action);
    return list;
}

// Of a pinned message nothing is kept but its id; older rows hold its text.
std::string service_words() {
    return "details NOT IN ('null', '{}')"
           " AND (action<>'pinned_message' OR instr(details, ',')>0)"
           " AND action NOT IN (" +
           quoted_wordless() + ")";
}

bool blank_service_words(Store& store, const RetentionRun& run) {
    auto& database = store.database();
    database
        .prepare(
            "UPDATE service_rows SET details='null' WHERE chat_id=?1 AND message_id IN"
            " (SELECT message_id FROM service_rows WHERE chat_id=?1 AND date<?2 AND " +
            service_words() + " LIMIT ?3)")
        .bind(run.chat_id, run.before, retention_step_rows)
        .run();
    return database.changes() == 0;
}

// They have no index by date; the oldest have the smallest numbers.
constexpr const char* services_of_chat = "service_rows WHERE chat_id=?1 ORDER BY message_id";

// Counts what is older in one chat, among a bounded number of rows.
struct Scan {
    Store& store;
    std::int64_t chat_id;
    std::int64_t before;

    // Of those rows, one count for each condition. ?1 is the chat, ?2 the time.
    [[nodiscard]] std::vector<RowCount> counts(const std::string& rows,
                                               const std::vector<std::string>& conditions) const {
        std::string sql = "SELECT COUNT(*)";
        for (const auto& condition : conditions)
            sql += ", COUNT(*) FILTER (WHERE " + condition + ")";
        sql += " FROM (SELECT * FROM " + rows + " LIMIT ?3) AS row";
        auto statement = store.database().prepare(sql);
        statement.bind(chat_id, before, preview_rows_max + 1);
        std::vector<RowCount> result(conditions.size());
        if (!statement.step()) return result;
        const bool more = statement.integer(0) > preview_rows_max;
        for (int at = 0; auto& one : result) one = {statement.integer(++at), more};
        return result;
    }
    [[nodiscard]] RowCount updates() const {
        return counts("journal INDEXED BY journal_bodies WHERE received<?2 AND body<>''",
                      {"chat_id=?1 AND handled=1"})[0];
    }
};

std::vector<MessageRow> oldest_messages(Store& store, const RetentionRun& run) {
    std::vector<std::int64_t> ids;
    {
        auto statement = store.database().prepare(
            "SELECT message_id FROM messages WHERE chat_id=?1 AND date<?2 ORDER BY date LIMIT ?3");
        statement.bind(run.chat_id, run.before, retention_step_rows);
        while (statement.step()) ids.push_back(statement.integer(0));
    }
    std::vector<MessageRow> rows;
    for (const auto id : ids)
        if (auto row = store.message(run.chat_id, id)) rows.push_back(std::move(*row));
    return rows;
}

std::int64_t delete_messages(Store& store, const RetentionRun& run) {
    const auto rows = oldest_messages(store, run);
    // What is older has come again, and is not counted twice.
    const auto horizon = counted_before(store, run.chat_id);
    const auto& clock = store.clock(run.chat_id);
    for (const auto& row : rows) {
        if (row.date < horizon)
            store.rollups().count_message(row, clock, -1);
        else
            store.rollups().keep_past_message(row, clock);
        store.database()
            .prepare("DELETE FROM messages WHERE chat_id=?1 AND message_id=?2")
            .bind(row.chat_id, row.message_id)
            .run();
    }
    return static_cast<std::int64_t>(rows.size());
}

struct OldReaction {
    std::int64_t message_id = 0;
    std::string reaction;
    CountedReaction counted;
};

std::int64_t delete_reactions(Store& store, const RetentionRun& run) {
    std::vector<OldReaction> rows;
    {
        auto s = store.database().prepare(
            "SELECT message_id, reaction, user_id, author_id, thread_id, count, date"
            " FROM reactions WHERE chat_id=?1 AND date<?2 ORDER BY date LIMIT ?3");
        s.bind(run.chat_id, run.before, retention_step_rows);
        while (s.step())
            rows.push_back(
                {s.integer(0),
                 std::string(s.text(1)),
                 {s.integer(2), s.integer(3), s.integer(4), s.integer(5), s.integer(6)}});
    }
    const auto horizon = counted_before(store, run.chat_id);
    const auto& clock = store.clock(run.chat_id);
    for (const auto& row : rows) {
        if (row.counted.date < horizon)
            store.rollups().count_reaction(run.chat_id, row.counted, clock, -1);
        else
            store.rollups().keep_past_reaction(run.chat_id, row.counted, clock);
        store.database()
            .prepare(
                "DELETE FROM reactions WHERE chat_id=?1 AND message_id=?2 AND user_id=?3"
                " AND reaction=?4")
            .bind(run.chat_id, row.message_id, row.counted.user_id, row.reaction)
            .run();
    }
    return static_cast<std::int64_t>(rows.size());
}

std::int64_t delete_service_rows(Store& store, const RetentionRun& run) {
    store.database()
        .prepare(
            "DELETE FROM service_rows WHERE chat_id=?1 AND message_id IN (SELECT message_id FROM"
            " service_rows WHERE chat_id=?1 AND date<?2 LIMIT ?3)")
        .bind(run.chat_id, run.before, retention_step_rows)
        .run();
    return store.database().changes();
}

std::int64_t delete_membership_changes(Store& store, const RetentionRun& run) {
    store.database()
        .prepare(
            "DELETE FROM membership_changes WHERE id IN (SELECT id FROM membership_changes"
            " WHERE chat_id=?1 AND date<?2 LIMIT ?3)")
        .bind(run.chat_id, run.before, retention_step_rows)
        .run();
    return store.database().changes();
}

}  // namespace

std::int64_t counted_before(Store& store, std::int64_t chat_id) {
    auto statement =
        store.database().prepare("SELECT counted_before FROM chat_policies WHERE chat_id=?1");
    return statement.bind(chat_id).step() ? statement.integer(0) : 0;
}

TextPreview preview_texts(Store& store, std::int64_t chat_id, std::int64_t before) {
    const Scan scan{store, chat_id, before};
    const auto messages =
        scan.counts("messages WHERE chat_id=?1 AND date<?2 ORDER BY date DESC",
                    {"text<>'' AND media_type=''", "text<>'' AND media_type<>''",
                     "EXISTS(SELECT 1 FROM message_files f WHERE f.chat_id=row.chat_id"
                     " AND f.message_id=row.message_id AND f.name<>'')"});
    const auto services = scan.counts(services_of_chat, {"date<?2 AND " + service_words()});
    return {messages[0], messages[1], messages[2], services[0], scan.updates()};
}

MetadataPreview preview_metadata(Store& store, std::int64_t chat_id, std::int64_t before) {
    const Scan scan{store, chat_id, before};
    const auto older = [&](const char* table) {
        return scan.counts(std::string(table) + " WHERE chat_id=?1 AND date<?2", {"1"})[0];
    };
    return {older("messages"), older("reactions"), scan.counts(services_of_chat, {"date<?2"})[0],
            older("membership_changes"), scan.updates()};
}

void blank_texts(Store& store, RetentionRun& run) {
    Transaction transaction(store.database());
    const auto rows = next_rows(store, run);
    for (const auto& row : rows) {
        run.at_date = row.date;
        run.at_message = row.message_id;
        if (!row.has_text) continue;
        ++run.deleted.texts;
        for (const char* sql :
             {"UPDATE messages SET text='' WHERE chat_id=?1 AND message_id=?2",
              "UPDATE message_details SET entities='' WHERE chat_id=?1 AND message_id=?2",
              "UPDATE message_files SET name='' WHERE chat_id=?1 AND message_id=?2"})
            store.database().prepare(sql).bind(run.chat_id, row.message_id).run();
    }
    if (rows.empty()) {
        const bool services = blank_service_words(store, run);
        run.done = blank_journal(store, run) && services;
    }
    transaction.commit();
}

void delete_metadata(Store& store, RetentionRun& run) {
    Transaction transaction(store.database());
    const auto messages = delete_messages(store, run);
    const auto reactions = messages > 0 ? 0 : delete_reactions(store, run);
    const auto services = messages + reactions > 0 ? 0 : delete_service_rows(store, run);
    const auto changes =
        messages + reactions + services > 0 ? 0 : delete_membership_changes(store, run);
    run.done = messages + reactions + services + changes == 0 && blank_journal(store, run);
    if (run.done)
        store.database()
            .prepare(
                "UPDATE chat_policies SET counted_before=max(counted_before, ?2)"
                " WHERE chat_id=?1")
            .bind(run.chat_id, run.before)
            .run();
    transaction.commit();
    run.deleted.messages += messages;
    run.deleted.reactions += reactions;
    run.deleted.service_rows += services;
    run.deleted.membership_changes += changes;
}

}  // namespace tgstats
