#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tgstats/store/rollups_past.h"

namespace tgstats {

namespace {

Metrics negated(const Metrics& m) {
    return {-m.messages,
            -m.active_days,
            -m.characters,
            -m.urls,
            -m.media,
            -m.replies_sent,
            -m.replies_received,
            -m.reactions_given,
            -m.reactions_received,
            m.first,
            m.last};
}

}  // namespace

// One row of the rollups.
struct Rollups::Part {
    std::int64_t chat_id;
    std::int64_t thread_id;
    int span;
    std::int64_t start;
    std::int64_t user_id;
};

void Metrics::add(const Metrics& other) {
    messages += other.messages;
    active_days += other.active_days;
    characters += other.characters;
    urls += other.urls;
    media += other.media;
    replies_sent += other.replies_sent;
    replies_received += other.replies_received;
    reactions_given += other.reactions_given;
    reactions_received += other.reactions_received;
    if (other.first != 0) first = first == 0 ? other.first : std::min(first, other.first);
    last = std::max(last, other.last);
}

std::vector<Contribution> Rollups::contributions(const MessageRow& message) const {
    std::vector<Contribution> result;
    if (message.user_id == 0 || is_bot_(message.user_id)) return result;
    Metrics own;
    own.messages = 1;
    own.characters = message.length;
    own.urls = message.url_count;
    own.media = message.media_type.empty() ? 0 : 1;
    own.first = own.last = message.date;
    const auto target = message.reply_to_user_id;
    const bool reply = message.reply_to_message_id != 0 && target != message.user_id;
    own.replies_sent = reply ? 1 : 0;
    result.push_back({message.user_id, own});
    if (reply && target != 0 && !is_bot_(target))
        result.push_back({target, {.replies_received = 1}});
    return result;
}

std::vector<Contribution> Rollups::contributions(const CountedReaction& reaction) const {
    std::vector<Contribution> result;
    if (reaction.user_id == reaction.author_id && reaction.user_id != 0) return result;
    if (reaction.user_id != 0 && is_bot_(reaction.user_id)) return result;
    if (reaction.user_id != 0)
        result.push_back({reaction.user_id, {.reactions_given = reaction.count}});
    if (reaction.author_id != 0 && !is_bot_(reaction.author_id))
        result.push_back({reaction.author_id, {.reactions_received = reaction.count}});
    return result;
}

void Rollups::add(const Part& part, Metrics metrics) {
    auto statement = database_->prepare(
        "INSERT INTO rollups VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"
        " ON CONFLICT DO UPDATE SET messages=messages+?6, active_days=active_days+?7, "
        "characters=characters+?8,"
        " urls=urls+?9, media=media+?10, replies_sent=replies_sent+?11, "
        "replies_received=replies_received+?12,"
        " reactions_given=reactions_given+?13, reactions_received=reactions_received+?14,"
        " first=CASE WHEN ?15=0 THEN first WHEN first=0 THEN ?15 ELSE min(first,?15) END, "
        "last=max(last,?16)");
    statement.bind(part.chat_id, part.thread_id, part.span, part.start, part.user_id,
                   metrics.messages, metrics.active_days, metrics.characters, metrics.urls,
                   metrics.media, metrics.replies_sent, metrics.replies_received,
                   metrics.reactions_given, metrics.reactions_received, metrics.first,
                   metrics.last);
    statement.run();
}

void Rollups::add_hour(const Part& part, std::int64_t messages) {
    auto statement = database_->prepare(
        "INSERT INTO hours VALUES(?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET messages=messages+?5");
    statement.bind(part.chat_id, part.thread_id, part.start / 24, part.start % 24, messages).run();
}

// Whether the day's first message came (or its last one went) with the change by `messages`.
bool Rollups::became_active(const Part& part, std::int64_t messages) {
    if (messages == 0) return false;
    auto statement = database_->prepare(
        "SELECT messages FROM rollups WHERE chat_id=?1 AND thread_id=?2 AND span=?3 AND start=?4 "
        "AND user_id=?5");
    statement.bind(part.chat_id, part.thread_id, part.span, part.start, part.user_id);
    const auto now = statement.step() ? statement.integer(0) : 0;
    return messages > 0 ? now == messages : now == 0;
}

// To a day, and to the month and the whole that it is in.
void Rollups::add_to_spans(const Part& day, Metrics metrics, int sign) {
    metrics.active_days = 0;
    add(day, metrics);
    if (became_active(day, metrics.messages)) metrics.active_days = sign;
    add({day.chat_id, day.thread_id, span_month, month_of(day.start), day.user_id}, metrics);
    add({day.chat_id, day.thread_id, span_all, 0, day.user_id}, metrics);
}

void Rollups::count_message(const MessageRow& message, const LocalClock& clock, int sign) {
    const auto at = clock.local(message.date);
    std::vector<std::int64_t> threads{0};
    if (message.thread_id > 0) threads.push_back(message.thread_id);
    for (const auto& [user_id, counted] : contributions(message)) {
        const auto metrics = sign > 0 ? counted : negated(counted);
        for (const auto thread_id : threads) {
            add_to_spans({message.chat_id, thread_id, span_day, at.day, user_id}, metrics, sign);
            if (metrics.messages != 0)
                add_hour({message.chat_id, thread_id, span_day, at.day * 24 + at.hour, 0},
                         metrics.messages);
        }
    }
}

void Rollups::count_reaction(std::int64_t chat_id, const CountedReaction& reaction,
                             const LocalClock& clock, int sign) {
    const auto at = clock.local(reaction.date);
    std::vector<std::int64_t> threads{0};
    if (reaction.thread_id > 0) threads.push_back(reaction.thread_id);
    for (const auto& [user_id, counted] : contributions(reaction)) {
        const auto metrics = sign > 0 ? counted : negated(counted);
        for (const auto thread_id : threads) {
            add({chat_id, thread_id, span_day, at.day, user_id}, metrics);
            add({chat_id, thread_id, span_month, month_of(at.day), user_id}, metrics);
            add({chat_id, thread_id, span_all, 0, user_id}, metrics);
        }
    }
}

void Rollups::each_message(const Window& window, std::int64_t end,
                           const std::function<void(const MessageRow&)>& visit) {
    // Without a start the whole chat is read in the order of its primary key.
    auto statement = database_->prepare(
        window.since ? "SELECT user_id, date, thread_id, reply_to_message_id, reply_to_user_id, "
                       "length, url_count,"
                       " media_type FROM messages WHERE chat_id=?1 AND date>=?2 AND date<?3"
                     : "SELECT user_id, date, thread_id, reply_to_message_id, reply_to_user_id, "
                       "length, url_count,"
                       " media_type FROM messages WHERE chat_id=?1");
    if (window.since)
        statement.bind(window.chat_id, *window.since, end);
    else
        statement.bind(window.chat_id);
    MessageRow row;
    row.chat_id = window.chat_id;
    while (statement.step()) {
        row.user_id = statement.integer(0);
        row.date = statement.integer(1);
        row.thread_id = statement.integer(2);
        row.reply_to_message_id = statement.integer(3);
        row.reply_to_user_id = statement.integer(4);
        row.length = statement.integer(5);
        row.url_count = statement.integer(6);
        row.media_type = statement.text(7);
        if (window.thread_id == 0 || window.thread_id == row.thread_id) visit(row);
    }
}

void Rollups::each_reaction(const Window& window, std::int64_t end,
                            const std::function<void(const CountedReaction&)>& visit) {
    auto statement = database_->prepare(
        "SELECT user_id, author_id, thread_id, count, date FROM reactions"
        " WHERE chat_id=?1 AND date>=?2 AND date<?3");
    statement.bind(window.chat_id, window.since.value_or(0), end);
    while (statement.step()) {
        const CountedReaction reaction{statement.integer(0), statement.integer(1),
                                       statement.integer(2), statement.integer(3),
                                       statement.integer(4)};
        if (window.thread_id == 0 || window.thread_id == reaction.thread_id) visit(reaction);
    }
}

void Rollups::recount_user(const Window& window, std::int64_t user_id, const LocalClock& clock) {
    const auto count = [&](std::int64_t thread_id, std::int64_t date,
                           const std::vector<Contribution>& contributions) {
        for (const auto& one : contributions) {
            if (one.user_id != user_id) continue;
            const auto day = clock.local(date).day;
            add_to_spans({window.chat_id, 0, span_day, day, user_id}, one.metrics, +1);
            if (thread_id > 0)
                add_to_spans({window.chat_id, thread_id, span_day, day, user_id}, one.metrics, +1);
        }
    };
    Transaction transaction(*database_);
    for (const char* sql : {"DELETE FROM rollups WHERE chat_id=?1 AND user_id=?2",
                            "DELETE FROM past_rollups WHERE chat_id=?1 AND user_id=?2"})
        database_->prepare(sql).bind(window.chat_id, user_id).run();
    each_message(window, INT64_MAX, [&](const MessageRow& row) {
        count(row.thread_id, row.date, contributions(row));
    });
    each_reaction(window, INT64_MAX, [&](const CountedReaction& reaction) {
        count(reaction.thread_id, reaction.date, contributions(reaction));
    });
    transaction.commit();
}

void Rollups::rebuild(std::int64_t chat_id, const LocalClock& clock) {
    constexpr auto forever = INT64_MAX;
    struct Key {
        std::int64_t thread_id, start, user_id;
        int span;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const {
            auto mixed = static_cast<std::uint64_t>(key.user_id) * 0x9E3779B97F4A7C15U;
            mixed ^= static_cast<std::uint64_t>(key.start) * 0xC2B2AE3D27D4EB4FU + (mixed >> 29);
            mixed ^=
                static_cast<std::uint64_t>(key.thread_id) * 0x165667B19E3779F9U + (mixed >> 31);
            return mixed ^ static_cast<std::uint64_t>(key.span);
        }
    };
    std::unordered_map<Key, Metrics, Hash> sums;
    std::map<std::tuple<std::int64_t, std::int64_t, int>, std::int64_t> hours;
    const auto count = [&](std::int64_t thread_id, std::int64_t day,
                           const Contribution& contribution) {
        sums[{0, day, contribution.user_id, span_day}].add(contribution.metrics);
        if (thread_id > 0)
            sums[{thread_id, day, contribution.user_id, span_day}].add(contribution.metrics);
    };
    each_past(chat_id, [&](const PastRow& row) {
        if (!is_bot_(row.user_id))
            sums[{row.thread_id, row.day, row.user_id, span_day}].add(row.metrics);
    });
    each_past_hour(chat_id, [&](std::int64_t thread_id, LocalTime at, std::int64_t messages) {
        hours[{thread_id, at.day, at.hour}] += messages;
    });
    const Window whole{chat_id, std::nullopt, 0};
    each_message(whole, forever, [&](const MessageRow& message) {
        const auto at = clock.local(message.date);
        for (const auto& contribution : contributions(message)) {
            count(message.thread_id, at.day, contribution);
            if (contribution.metrics.messages == 0) continue;
            ++hours[{0, at.day, at.hour}];
            if (message.thread_id > 0) ++hours[{message.thread_id, at.day, at.hour}];
        }
    });
    each_reaction(whole, forever, [&](const CountedReaction& reaction) {
        const auto day = clock.local(reaction.date).day;
        for (const auto& contribution : contributions(reaction))
            count(reaction.thread_id, day, contribution);
    });

    const std::vector<std::pair<Key, Metrics>> by_day(sums.begin(), sums.end());
    for (const auto& [key, metrics] : by_day) {
        auto sum = metrics;
        sum.active_days = metrics.messages > 0 ? 1 : 0;
        sums[{key.thread_id, month_of(key.start), key.user_id, span_month}].add(sum);
        sums[{key.thread_id, 0, key.user_id, span_all}].add(sum);
    }
    std::vector<std::pair<Key, Metrics>> rows(sums.begin(), sums.end());
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return std::tie(a.first.thread_id, a.first.span, a.first.start, a.first.user_id) <
               std::tie(b.first.thread_id, b.first.span, b.first.start, b.first.user_id);
    });

    Transaction transaction(*database_);
    database_->prepare("DELETE FROM rollups WHERE chat_id=?1").bind(chat_id).run();
    database_->prepare("DELETE FROM hours WHERE chat_id=?1").bind(chat_id).run();
    for (const auto& [key, metrics] : rows)
        add({chat_id, key.thread_id, key.span, key.start, key.user_id}, metrics);
    for (const auto& [key, messages] : hours)
        add_hour({chat_id, std::get<0>(key), span_day, std::get<1>(key) * 24 + std::get<2>(key), 0},
                 messages);
    transaction.commit();
}

}  // namespace tgstats
