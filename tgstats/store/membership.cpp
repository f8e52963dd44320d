#include <algorithm>
#include <optional>
#include <string>

#include "tgstats/store/store.h"

namespace tgstats {

namespace {

bool is_gone(const std::string& status) { return status == "left" || status == "kicked"; }

struct Change {
    std::int64_t id = 0;
    std::int64_t actor_id = 0;
    std::string from;
    std::string to;
    std::string details;
};

std::optional<Change> change_before(Database& database, const MembershipRow& row) {
    auto statement = database.prepare(
        "SELECT id, actor_id, from_status, to_status, details FROM membership_changes"
        " WHERE chat_id=?1 AND user_id=?2 AND date<=?3 ORDER BY date DESC, id DESC LIMIT 1");
    if (!statement.bind(row.chat_id, row.user_id, row.date).step()) return std::nullopt;
    return Change{statement.integer(0), statement.integer(1), std::string(statement.text(2)),
                  std::string(statement.text(3)), std::string(statement.text(4))};
}

bool is_newest(Database& database, const MembershipRow& row) {
    auto statement = database.prepare(
        "SELECT 1 FROM membership_changes WHERE chat_id=?1 AND user_id=?2 AND date>?3");
    return !statement.bind(row.chat_id, row.user_id, row.date).step();
}

// A join is told by chat_member and by a service message, in either order; the first of the two
// that is met makes the row, the other one fills in what it lacks.
void put_change(Database& database, const MembershipRow& row, const std::string& from) {
    const auto last = change_before(database, row);
    const bool again =
        last && last->to == row.status && (row.from != row.status || last->details == row.details);
    if (!again) {
        database
            .prepare(
                "INSERT INTO membership_changes(chat_id, user_id, date, actor_id, from_status,"
                " to_status, details) VALUES(?1,?2,?3,?4,?5,?6,?7)")
            .bind(row.chat_id, row.user_id, row.date, row.actor_id, from, row.status, row.details)
            .run();
        return;
    }
    database
        .prepare(
            "UPDATE membership_changes SET actor_id=?2, details=?3 WHERE id=?1"
            " AND (actor_id<>?2 OR details<>?3)")
        .bind(last->id, last->actor_id == 0 ? row.actor_id : last->actor_id,
              last->details.empty() ? row.details : last->details)
        .run();
}

}  // namespace

// A promotion is no joining: `joined` is set only when somebody who was not there comes in.
void Store::put_membership(const MembershipRow& row) {
    Transaction transaction(*database_);
    std::string known;
    {
        auto statement =
            database_->prepare("SELECT status FROM memberships WHERE chat_id=?1 AND user_id=?2");
        if (statement.bind(row.chat_id, row.user_id).step()) known = statement.text(0);
    }
    const auto from = row.from.empty() ? known : row.from;
    const bool newest = is_newest(*database_, row);
    put_change(*database_, row, from);
    const bool gone = is_gone(row.status);
    const bool joined = !gone && (is_gone(from) || from.empty());
    database_
        ->prepare(
            "INSERT INTO memberships VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET"
            " status=CASE WHEN ?6 THEN ?3 ELSE status END,"
            " joined=CASE WHEN ?4=0 THEN joined WHEN joined=0 OR left>=joined THEN ?4 ELSE joined "
            "END, left=max(left,?5)")
        .bind(row.chat_id, row.user_id, row.status, joined ? row.date : 0, gone ? row.date : 0,
              newest)
        .run();
    transaction.commit();
}

}  // namespace tgstats
