#include <algorithm>
#include <map>
#include <set>

#include "tgstats/store/rollups_past.h"

namespace tgstats {

namespace {

constexpr const char* sums_sql =
    "SELECT user_id, messages, active_days, characters, urls, media, replies_sent, "
    "replies_received,"
    " reactions_given, reactions_received, first, last FROM rollups"
    " WHERE chat_id=?1 AND thread_id=?2 AND span=?3 AND start>=?4 AND start<?5";

void read_rows(Statement& statement, bool by_day, Rollups::ByUser& users) {
    while (statement.step()) {
        Metrics row;
        row.messages = statement.integer(1);
        row.active_days = by_day ? (row.messages > 0 ? 1 : 0) : statement.integer(2);
        row.characters = statement.integer(3);
        row.urls = statement.integer(4);
        row.media = statement.integer(5);
        row.replies_sent = statement.integer(6);
        row.replies_received = statement.integer(7);
        row.reactions_given = statement.integer(8);
        row.reactions_received = statement.integer(9);
        row.first = statement.integer(10);
        row.last = statement.integer(11);
        users[statement.integer(0)].add(row);
    }
}

}  // namespace

// Days up to the end of the first month, whole months from there on.
void Rollups::read_spans(const Window& window, std::int64_t from_day, ByUser& users) {
    auto month = month_of(from_day);
    if (from_day != month_start(month)) {
        ++month;
        auto days = database_->prepare(sums_sql);
        days.bind(window.chat_id, window.thread_id, span_day, from_day, month_start(month));
        read_rows(days, true, users);
    }
    auto months = database_->prepare(sums_sql);
    months.bind(window.chat_id, window.thread_id, span_month, month, INT64_MAX);
    read_rows(months, false, users);
}

Rollups::ByUser Rollups::users(const Window& window, const LocalClock& clock) {
    ByUser result;
    if (!window.since) {
        auto all = database_->prepare(sums_sql);
        all.bind(window.chat_id, window.thread_id, span_all, 0, 1);
        read_rows(all, false, result);
        return result;
    }
    const auto edge = clock.local(*window.since).day;
    const auto end = clock.midnight(edge + 1);
    each_message(window, end, [&](const MessageRow& message) {
        for (const auto& [user_id, metrics] : contributions(message)) {
            auto& sum = result[user_id];
            sum.add(metrics);
            if (sum.messages > 0) sum.active_days = 1;
        }
    });
    each_reaction(window, end, [&](const CountedReaction& reaction) {
        for (const auto& [user_id, metrics] : contributions(reaction)) result[user_id].add(metrics);
    });
    read_spans(window, edge + 1, result);
    return result;
}

std::vector<Rollups::HourCount> Rollups::hours(const Window& window, const LocalClock& clock) {
    std::vector<HourCount> result;
    std::int64_t from_day = INT64_MIN;
    if (window.since) {
        const auto edge = clock.local(*window.since).day;
        from_day = edge + 1;
        each_message(window, clock.midnight(from_day), [&](const MessageRow& message) {
            if (!contributions(message).empty()) result.push_back({clock.local(message.date), 1});
        });
    }
    auto statement = database_->prepare(
        "SELECT day, hour, messages FROM hours WHERE chat_id=?1 AND thread_id=?2 AND day>=?3");
    statement.bind(window.chat_id, window.thread_id, from_day);
    while (statement.step())
        result.push_back(
            {{statement.integer(0), static_cast<int>(statement.integer(1))}, statement.integer(2)});
    return result;
}

std::vector<Rollups::DayCount> Rollups::days(const Window& window, const LocalClock& clock) {
    std::vector<DayCount> result;
    std::int64_t from_day = INT64_MIN;
    if (window.since) {
        const auto edge = clock.local(*window.since).day;
        from_day = edge + 1;
        DayCount first{edge, 0, 0};
        std::set<std::int64_t> users;
        each_message(window, clock.midnight(from_day), [&](const MessageRow& message) {
            if (contributions(message).empty()) return;
            ++first.messages;
            users.insert(message.user_id);
        });
        first.users = static_cast<std::int64_t>(users.size());
        if (first.messages > 0) result.push_back(first);
    }
    auto statement = database_->prepare(
        "SELECT start, SUM(messages), SUM(messages>0) FROM rollups"
        " WHERE chat_id=?1 AND thread_id=?2 AND span=?3 AND start>=?4 GROUP BY start HAVING "
        "SUM(messages)>0");
    statement.bind(window.chat_id, window.thread_id, span_day, from_day);
    while (statement.step())
        result.push_back({statement.integer(0), statement.integer(1), statement.integer(2)});
    return result;
}

}  // namespace tgstats
