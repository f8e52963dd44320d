// The sums of rows that retention deleted. They stay in the rollups, and here so that a count from
// the rows that are left (another time zone, a user who is a bot) does not lose them.
#include "tgstats/store/rollups_past.h"

namespace tgstats {
namespace {

std::vector<std::int64_t> threads_of(std::int64_t thread_id) {
    std::vector<std::int64_t> threads{0};
    if (thread_id > 0) threads.push_back(thread_id);
    return threads;
}

}  // namespace

void Rollups::add_past(const PastRow& row) {
    const auto& m = row.metrics;
    database_
        ->prepare(
            "INSERT INTO past_rollups VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)"
            " ON CONFLICT DO UPDATE SET messages=messages+?5, characters=characters+?6,"
            " urls=urls+?7, media=media+?8, replies_sent=replies_sent+?9,"
            " replies_received=replies_received+?10, reactions_given=reactions_given+?11,"
            " reactions_received=reactions_received+?12,"
            " first=CASE WHEN ?13=0 THEN first WHEN first=0 THEN ?13 ELSE min(first,?13) END,"
            " last=max(last,?14)")
        .bind(row.chat_id, row.thread_id, row.day, row.user_id, m.messages, m.characters, m.urls,
              m.media, m.replies_sent, m.replies_received, m.reactions_given, m.reactions_received,
              m.first, m.last)
        .run();
}

void Rollups::keep_past_message(const MessageRow& message, const LocalClock& clock) {
    const auto at = clock.local(message.date);
    for (const auto& [user_id, metrics] : contributions(message))
        for (const auto thread_id : threads_of(message.thread_id)) {
            add_past({message.chat_id, thread_id, at.day, user_id, metrics});
            if (metrics.messages == 0) continue;
            database_
                ->prepare(
                    "INSERT INTO past_hours VALUES(?1,?2,?3,?4,?5)"
                    " ON CONFLICT DO UPDATE SET messages=messages+?5")
                .bind(message.chat_id, thread_id, at.day, at.hour, metrics.messages)
                .run();
        }
}

void Rollups::keep_past_reaction(std::int64_t chat_id, const CountedReaction& reaction,
                                 const LocalClock& clock) {
    const auto at = clock.local(reaction.date);
    for (const auto& [user_id, metrics] : contributions(reaction))
        for (const auto thread_id : threads_of(reaction.thread_id))
            add_past({chat_id, thread_id, at.day, user_id, metrics});
}

void Rollups::each_past(std::int64_t chat_id, const std::function<void(const PastRow&)>& visit) {
    auto s = database_->prepare(
        "SELECT thread_id, day, user_id, messages, characters, urls, media, replies_sent,"
        " replies_received, reactions_given, reactions_received, first, last FROM past_rollups"
        " WHERE chat_id=?1");
    s.bind(chat_id);
    while (s.step()) {
        Metrics metrics{.messages = s.integer(3),
                        .characters = s.integer(4),
                        .urls = s.integer(5),
                        .media = s.integer(6),
                        .replies_sent = s.integer(7),
                        .replies_received = s.integer(8),
                        .reactions_given = s.integer(9),
                        .reactions_received = s.integer(10),
                        .first = s.integer(11),
                        .last = s.integer(12)};
        visit({chat_id, s.integer(0), s.integer(1), s.integer(2), metrics});
    }
}

void Rollups::each_past_hour(
    std::int64_t chat_id,
    const std::function<void(std::int64_t thread_id, LocalTime at, std::int64_t messages)>& visit) {
    auto s = database_->prepare(
        "SELECT thread_id, day, hour, messages FROM past_hours WHERE chat_id=?1");
    s.bind(chat_id);
    while (s.step())
        visit(s.integer(0), {s.integer(1), static_cast<int>(s.integer(2))}, s.integer(3));
}

}  // namespace tgstats
