#include "tgstats/store/verbs.h"

#include <algorithm>
#include <array>
#include <map>

#include <boost/json/array.hpp>

#include "tgstats/store/local_clock.h"
#include "tgstats/store/params.h"
#include "tgstats/store/rollups.h"

namespace tgstats {

namespace {

constexpr std::int64_t day_s = 86'400;
constexpr Range days_range{1, 3650};
constexpr Range users_limit{1, 10'000};
constexpr Range page_limit{1, 5'000};
constexpr std::int64_t page_default = 1'000;
constexpr Range any_integer{INT64_MIN, INT64_MAX};
constexpr Range positive{1, INT64_MAX};
constexpr Range not_negative{0, INT64_MAX};
// A cursor is the last message id read, moved so that it is positive also for the ids below zero of
// a migrated group.
constexpr std::int64_t cursor_shift = std::int64_t{1} << 40;

using VerbResult = hotreload::Result<json::value, VerbError>;

struct Ask {
    Store& store;
    Params params;
    std::int64_t now;
    Window window;
};

VerbResult bad(std::string message) {
    return VerbError{VerbError::Kind::bad_params, std::move(message)};
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value id_or_null(std::int64_t id) { return id == 0 ? json::value(nullptr) : json::value(id); }

json::value chat_verb(Ask& ask) {
    const auto summary = ask.store.summary(ask.window.chat_id);
    const auto& [chat, settings, messages, users, first, last] = *summary;
    return json::object{{"id", chat.id},
                        {"type", chat.type},
                        {"title", chat.title},
                        {"username", text_or_null(chat.username)},
                        {"timezone", settings.timezone},
                        {"locale", settings.locale},
                        {"messages", messages},
                        {"first", id_or_null(first)},
                        {"last", id_or_null(last)}};
}

struct Activity {
    std::vector<Rollups::HourCount> hours;
    std::vector<Rollups::DayCount> days;
};

// One user's messages come from the index over (chat, user, date).
Activity activity_of_user(Ask& ask, std::int64_t user_id) {
    Activity result;
    if (ask.store.is_bot(user_id)) return result;
    const auto& clock = ask.store.clock(ask.window.chat_id);
    const bool topic = ask.window.thread_id != 0;
    auto statement = ask.store.database().prepare(
        topic ? "SELECT date FROM messages WHERE chat_id=?1 AND user_id=?2 AND date>=?3 AND "
                "thread_id=?4 ORDER BY date"
              : "SELECT date FROM messages WHERE chat_id=?1 AND user_id=?2 AND date>=?3 ORDER BY "
                "date");
    const auto since = ask.window.since.value_or(0);
    if (topic)
        statement.bind(ask.window.chat_id, user_id, since, ask.window.thread_id);
    else
        statement.bind(ask.window.chat_id, user_id, since);
    while (statement.step()) {
        const auto at = clock.local(statement.integer(0));
        result.hours.push_back({at, 1});
        if (result.days.empty() || result.days.back().day != at.day)
            result.days.push_back({at.day, 0, 1});
        ++result.days.back().messages;
    }
    return result;
}

json::array day_rows(const std::vector<Rollups::DayCount>& days) {
    json::array rows;
    for (const auto& [day, messages, users] : days)
        rows.push_back(
            json::object{{"day", day_text(day)}, {"messages", messages}, {"users", users}});
    return rows;
}

json::array counts_by(const std::string& by, const std::vector<Rollups::HourCount>& hours) {
    std::array<std::array<std::int64_t, 24>, 7> week{};
    for (const auto& [at, messages] : hours)
        week[static_cast<std::size_t>(weekday_of(at.day))][static_cast<std::size_t>(at.hour)] +=
            messages;
    json::array counts;
    if (by == "hour") {
        for (std::size_t hour = 0; hour < 24; ++hour) {
            std::int64_t sum = 0;
            for (const auto& day : week) sum += day[hour];
            counts.push_back(sum);
        }
        return counts;
    }
    for (const auto& day : week) {
        if (by == "week_hour") {
            counts.push_back(json::array(day.begin(), day.end()));
            continue;
        }
        std::int64_t sum = 0;
        for (const auto messages : day) sum += messages;
        counts.push_back(sum);
    }
    return counts;
}

VerbResult activity_verb(Ask& ask) {
    const auto by = ask.params.word("by", {"hour", "weekday", "week_hour", "day"}, true);
    const auto user_id = ask.params.integer("user_id", any_integer);
    if (auto problem = ask.params.problem(); !problem.empty()) return bad(std::move(problem));
    auto& rollups = ask.store.rollups();
    const auto& clock = ask.store.clock(ask.window.chat_id);
    Activity activity;
    if (user_id)
        activity = activity_of_user(ask, *user_id);
    else if (by == "day")
        activity.days = rollups.days(ask.window, clock);
    else
        activity.hours = rollups.hours(ask.window, clock);
    std::int64_t total = 0;
    if (by == "day")
        for (const auto& day : activity.days) total += day.messages;
    else
        for (const auto& hour : activity.hours) total += hour.messages;
    return json::object{
        {"timezone", ask.store.settings(ask.window.chat_id).timezone},
        {"total", total},
        {"counts", by == "day" ? day_rows(activity.days) : counts_by(by, activity.hours)}};
}

json::object user_json(Store& store, std::int64_t user_id) {
    const auto user = store.user(user_id).value_or(UserRow{.id = user_id});
    return {{"id", user.id},
            {"first_name", user.first_name},
            {"last_name", text_or_null(user.last_name)},
            {"username", text_or_null(user.username)},
            {"is_bot", user.is_bot}};
}

json::object metrics_json(Store& store, std::int64_t user_id, const Metrics& m) {
    return {{"user", user_json(store, user_id)},
            {"messages", m.messages},
            {"active_days", m.active_days},
            {"characters", m.characters},
            {"urls", m.urls},
            {"media", m.media},
            {"replies_sent", m.replies_sent},
            {"replies_received", m.replies_received},
            {"reactions_given", m.reactions_given},
            {"reactions_received", m.reactions_received},
            {"first", id_or_null(m.first)},
            {"last", id_or_null(m.last)}};
}

VerbResult users_verb(Ask& ask) {
    const auto only = ask.params.integer("user_id", any_integer);
    ask.params.word("order", {"messages"}, false);
    const auto limit = static_cast<std::size_t>(ask.params.integer_or("limit", users_limit, 100));
    const auto min_messages = ask.params.integer_or("min_messages", not_negative, 1);
    if (auto problem = ask.params.problem(); !problem.empty()) return bad(std::move(problem));
    const auto sums = ask.store.rollups().users(ask.window, ask.store.clock(ask.window.chat_id));
    std::int64_t total_messages = 0;
    std::int64_t total_users = 0;
    std::vector<std::pair<std::int64_t, const Metrics*>> chosen;
    for (const auto& [user_id, metrics] : sums) {
        total_messages += metrics.messages;
        total_users += metrics.messages > 0 ? 1 : 0;
        if (metrics.messages >= min_messages && (!only || *only == user_id))
            chosen.emplace_back(user_id, &metrics);
    }
    const auto kept = chosen.begin() + static_cast<std::ptrdiff_t>(std::min(limit, chosen.size()));
    std::partial_sort(chosen.begin(), kept, chosen.end(), [](const auto& a, const auto& b) {
        return a.second->messages != b.second->messages ? a.second->messages > b.second->messages
                                                        : a.first < b.first;
    });
    json::array users;
    for (auto one = chosen.begin(); one != kept; ++one)
        users.push_back(metrics_json(ask.store, one->first, *one->second));
    return json::object{{"total_messages", total_messages},
                        {"total_users", total_users},
                        {"users", std::move(users)}};
}

// Ids are mostly, not always, in the order of time (imports): so the window's first id has to be
// looked for. The plus keeps SQLite on the index by date: it would walk the whole chat by id.
std::int64_t first_message_id(Ask& ask) {
    if (!ask.window.since) return INT64_MIN;
    auto statement = ask.store.database().prepare(
        "SELECT MIN(+message_id) FROM messages WHERE chat_id=?1 AND date>=?2");
    statement.bind(ask.window.chat_id, *ask.window.since);
    return statement.step() && !statement.is_null(0) ? statement.integer(0) - 1 : INT64_MAX;
}

json::value message_json(const Statement& row) {
    return json::object{{"message_id", row.integer(0)},
                        {"user_id", row.integer(1)},
                        {"date", row.integer(2)},
                        {"length", row.integer(4)},
                        {"text", text_or_null(std::string(row.text(5)))},
                        {"media_type", text_or_null(std::string(row.text(6)))},
                        {"reply_to", id_or_null(row.integer(7))}};
}

VerbResult page_verb(Ask& ask, bool texts_only) {
    const auto limit =
        static_cast<std::size_t>(ask.params.integer_or("limit", page_limit, page_default));
    const auto after = ask.params.integer_or("after", not_negative, 0);
    const auto user_id = ask.params.integer("user_id", any_integer);
    if (auto problem = ask.params.problem(); !problem.empty()) return bad(std::move(problem));
    auto statement = ask.store.database().prepare(
        "SELECT message_id, user_id, date, thread_id, length, text, media_type, "
        "reply_to_message_id FROM messages"
        " WHERE chat_id=?1 AND message_id>?2 AND date>=?3 ORDER BY message_id");
    statement.bind(ask.window.chat_id, after == 0 ? first_message_id(ask) : after - cursor_shift,
                   ask.window.since.value_or(0));
    json::array rows;
    json::value next = nullptr;
    std::int64_t last_id = 0;
    while (statement.step()) {
        const auto author = statement.integer(1);
        if (author == 0 || ask.store.is_bot(author) || (user_id && *user_id != author)) continue;
        if (ask.window.thread_id != 0 && ask.window.thread_id != statement.integer(3)) continue;
        if (texts_only && statement.text(5).empty()) continue;
        if (rows.size() == limit) {
            next = last_id + cursor_shift;
            break;
        }
        last_id = statement.integer(0);
        rows.push_back(texts_only ? json::value(statement.text(5)) : message_json(statement));
    }
    return json::object{{texts_only ? "texts" : "messages", std::move(rows)},
                        {"next", std::move(next)}};
}

}  // namespace

VerbResult run_verb(Store& store, std::string_view verb, const json::object& params,
                    std::int64_t now) {
    if (verb.starts_with("store.")) verb.remove_prefix(6);
    constexpr std::array verbs{"chat", "activity", "users", "texts", "messages"};
    if (std::find(verbs.begin(), verbs.end(), verb) == verbs.end())
        return VerbError{VerbError::Kind::unknown_verb,
                         "no verb 'store." + std::string(verb) +
                             "'; there are store.chat, store.activity, store.users, store.texts, "
                             "store.messages"};
    Ask ask{store, Params(params), now, {}};
    ask.window.chat_id = store.current_chat_id(ask.params.required("chat_id", any_integer));
    if (verb != "chat") {
        if (const auto days = ask.params.integer("days", days_range))
            ask.window.since = now - *days * day_s;
        ask.window.thread_id = ask.params.integer_or("thread_id", positive, 0);
    }
    auto problem = verb == "chat" ? ask.params.problem() : ask.params.wrong_value();
    if (!problem.empty()) return bad(std::move(problem));
    if (!store.chat(ask.window.chat_id))
        return VerbError{VerbError::Kind::unknown_chat,
                         "chat " + std::to_string(ask.window.chat_id) + " is not known"};
    if (verb == "chat") return chat_verb(ask);
    if (verb == "activity") return activity_verb(ask);
    if (verb == "users") return users_verb(ask);
    return page_verb(ask, verb == "texts");
}

}  // namespace tgstats
