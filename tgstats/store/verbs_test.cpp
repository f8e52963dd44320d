#include "tgstats/store/verbs.h"

#include <map>
#include <random>
#include <set>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "tgstats/store/local_clock.h"
#include "tgstats/store/rollups.h"
#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

using VerbsTest = StoreTest;

// A chat made by chance, kept beside the store as plain values: the verbs are compared with
// counting by hand.
struct Sample {
    std::vector<MessageRow> messages;
    std::vector<ReactionRow> reactions;
};

Sample sample(unsigned seed, std::int64_t from, std::int64_t to) {
    std::mt19937 random(seed);
    const auto below = [&](std::int64_t n) {
        return static_cast<std::int64_t>(random() % static_cast<unsigned>(n));
    };
    Sample result;
    for (std::int64_t id = 1; id <= 3'000; ++id) {
        MessageRow row{.chat_id = chat, .message_id = id, .user_id = 1 + below(12)};
        row.date = from + (to - from) * id / 3'000 + below(50);
        row.thread_id = below(4) == 0 ? 77 : 0;
        row.text = below(10) == 0 ? "" : std::string(static_cast<std::size_t>(1 + below(30)), 'a');
        row.length = static_cast<std::int64_t>(row.text.size());
        row.url_count = below(8) == 0 ? 2 : 0;
        if (below(6) == 0) row.media_type = "photo";
        if (id > 5 && below(3) == 0) {
            const auto target = static_cast<std::size_t>(id - 2 - below(4));
            row.reply_to_message_id = result.messages[target].message_id;
            row.reply_to_user_id = result.messages[target].user_id;
        }
        result.messages.push_back(row);
        if (below(5) == 0)
            result.reactions.push_back(
                {chat, 1 + below(id), 1 + below(12), "👍", 1, row.date + below(100)});
    }
    std::map<std::pair<std::int64_t, std::int64_t>, ReactionRow> last;  // one per message and user
    for (const auto& reaction : result.reactions)
        last[{reaction.message_id, reaction.user_id}] = reaction;
    result.reactions.clear();
    for (const auto& [key, reaction] : last) result.reactions.push_back(reaction);
    return result;
}

constexpr std::int64_t bot_id = 12;

std::map<std::int64_t, Metrics> count_by_hand(const Sample& data, const Window& window,
                                              const LocalClock& clock) {
    std::map<std::int64_t, Metrics> sums;
    std::map<std::int64_t, std::set<std::int64_t>> days;
    const auto inside = [&](std::int64_t date, std::int64_t thread) {
        return date >= window.since.value_or(0) &&
               (window.thread_id == 0 || window.thread_id == thread);
    };
    for (const auto& m : data.messages) {
        if (!inside(m.date, m.thread_id) || m.user_id == bot_id) continue;
        auto& own = sums[m.user_id];
        ++own.messages;
        own.characters += m.length;
        own.urls += m.url_count;
        own.media += m.media_type.empty() ? 0 : 1;
        own.first = own.first == 0 ? m.date : std::min(own.first, m.date);
        own.last = std::max(own.last, m.date);
        days[m.user_id].insert(clock.local(m.date).day);
        if (m.reply_to_message_id == 0 || m.reply_to_user_id == m.user_id) continue;
        ++own.replies_sent;
        if (m.reply_to_user_id != bot_id) ++sums[m.reply_to_user_id].replies_received;
    }
    for (const auto& r : data.reactions) {
        const auto& target = data.messages[static_cast<std::size_t>(r.message_id - 1)];
        if (!inside(r.date, target.thread_id) || r.user_id == target.user_id || r.user_id == bot_id)
            continue;
        ++sums[r.user_id].reactions_given;
        if (target.user_id != bot_id) ++sums[target.user_id].reactions_received;
    }
    for (auto& [user, metrics] : sums)
        metrics.active_days = static_cast<std::int64_t>(days[user].size());
    return sums;
}

void expect_users(const json::object& got, const std::map<std::int64_t, Metrics>& expected) {
    std::size_t with_messages = 0;
    for (const auto& [id, metrics] : expected) with_messages += metrics.messages > 0 ? 1 : 0;
    EXPECT_EQ(got.at("users").as_array().size(), with_messages);
    for (const auto& row : got.at("users").as_array()) {
        const auto id = row.at("user").at("id").as_int64();
        const auto& want = expected.at(id);
        const std::map<std::string, std::int64_t> fields{
            {"messages", want.messages},
            {"active_days", want.active_days},
            {"characters", want.characters},
            {"urls", want.urls},
            {"media", want.media},
            {"replies_sent", want.replies_sent},
            {"replies_received", want.replies_received},
            {"reactions_given", want.reactions_given},
            {"reactions_received", want.reactions_received},
            {"first", want.first},
            {"last", want.last}};
        for (const auto& [name, value] : fields)
            EXPECT_EQ(row.at(name).as_int64(), value) << name << " of " << id;
    }
}

TEST_F(VerbsTest, VerbsAgreeWithCountingByHand) {
    const std::int64_t from =
        1'772'000'000;  // February 2026: the change to summer time lies inside
    const auto until = from + 60 * day_s;
    const auto data = sample(4711, from, until);
    ChatSettings settings;
    settings.timezone = "Europe/Berlin";
    ASSERT_TRUE(store->set_settings(chat, settings));
    {
        Transaction transaction(store->database());
        for (const auto& message : data.messages) store->put_message(message);
        for (const auto& r : data.reactions)
            store->put_reactions(chat, r.message_id, r.user_id, {r});
        transaction.commit();
    }
    store->put_user({bot_id, "Robot", "", "robot", true});  // known as a bot only now

    const auto& clock = store->clock(chat);
    for (const std::string rebuilt : {"live", "rebuilt"}) {
        SCOPED_TRACE(rebuilt);
        if (rebuilt == "rebuilt") store->rollups().rebuild(chat, clock);
        for (const int days : {0, 1, 3, 17, 30, 45, 59, 400})
            for (const std::int64_t thread : {0, 77}) {
                SCOPED_TRACE(std::to_string(days) + " days, thread " + std::to_string(thread));
                Window window{chat, std::nullopt, thread};
                std::string params = R"("chat_id":-1001)";
                if (days > 0) {
                    window.since = until - days * day_s;
                    params += ",\"days\":" + std::to_string(days);
                }
                if (thread != 0) params += ",\"thread_id\":77";
                expect_users(ask("store.users", "{" + params + "}", until),
                             count_by_hand(data, window, clock));

                std::vector<std::int64_t> week_hours(168);
                std::map<std::string, std::pair<std::int64_t, std::set<std::int64_t>>> by_day;
                for (const auto& m : data.messages) {
                    if (m.user_id == bot_id || m.date < window.since.value_or(0)) continue;
                    if (thread != 0 && m.thread_id != thread) continue;
                    const auto at = clock.local(m.date);
                    ++week_hours[static_cast<std::size_t>(weekday_of(at.day) * 24 + at.hour)];
                    auto& [messages, users] = by_day[day_text(at.day)];
                    ++messages;
                    users.insert(m.user_id);
                }
                const auto week = ask("activity", "{" + params + R"(,"by":"week_hour"})", until);
                std::size_t at = 0;
                for (const auto& row : week.at("counts").as_array())
                    for (const auto& count : row.as_array())
                        EXPECT_EQ(count.as_int64(), week_hours[at++]);
                EXPECT_EQ(at, 168U);
                const auto day_list = ask("activity", "{" + params + R"(,"by":"day"})", until);
                ASSERT_EQ(day_list.at("counts").as_array().size(), by_day.size());
                for (const auto& row : day_list.at("counts").as_array()) {
                    const auto& [messages, users] =
                        by_day.at(std::string(row.at("day").as_string()));
                    EXPECT_EQ(row.at("messages").as_int64(), messages);
                    EXPECT_EQ(row.at("users").as_int64(), static_cast<std::int64_t>(users.size()));
                }
            }
    }
    std::int64_t of_user = 0;
    for (const auto& m : data.messages)
        of_user += m.user_id == 3 && m.date >= until - 10 * day_s ? 1 : 0;
    EXPECT_EQ(ask("activity", R"({"chat_id":-1001,"by":"hour","days":10,"user_id":3})", until)
                  .at("total"),
              of_user);
}

TEST_F(VerbsTest, PagesReadEverythingOnce) {
    for (std::int64_t id = -3; id <= 20; ++id)
        if (id != 0) put(id, 1, 2'000'000 + id, "t" + std::to_string(id));
    std::vector<std::string> texts;
    json::value after = 0;
    do {
        const auto page =
            ask("texts", R"({"chat_id":-1001,"limit":7,"after":)" + json::serialize(after) + "}");
        for (const auto& text : page.at("texts").as_array()) texts.emplace_back(text.as_string());
        after = page.at("next");
    } while (!after.is_null());
    ASSERT_EQ(texts.size(), 23U);
    EXPECT_EQ(texts.front(), "t-3");
    EXPECT_EQ(texts.back(), "t20");
    EXPECT_EQ(ask("messages", R"({"chat_id":-1001,"days":1})", 2'000'010 + day_s)
                  .at("messages")
                  .as_array()
                  .size(),
              11U);
}

TEST_F(VerbsTest, ParametersAreChecked) {
    EXPECT_EQ(refusal("store.nothing", "{}"),
              "no verb 'store.nothing'; there are store.chat, store.activity,"
              " store.users, store.texts, store.messages");
    EXPECT_EQ(refusal("users", "{}"), "'chat_id' must be given: an integer");
    EXPECT_EQ(refusal("users", R"({"chat_id":"x"})"), "'chat_id' must be an integer, not \"x\"");
    EXPECT_EQ(refusal("users", R"({"chat_id":-5})"), "chat -5 is not known");
    EXPECT_EQ(refusal("users", R"({"chat_id":-1001,"days":0})"),
              "'days' must be an integer from 1 to 3650, not 0");
    EXPECT_EQ(refusal("users", R"({"chat_id":-1001,"limit":10001})"),
              "'limit' must be an integer from 1 to 10000, not 10001");
    EXPECT_EQ(refusal("users", R"({"chat_id":-1001,"day":3})"),
              "unknown parameter 'day'; expected: chat_id, days, thread_id, user_id, order, limit, "
              "min_messages");
    EXPECT_EQ(refusal("activity", R"({"chat_id":-1001})"),
              "'by' must be one of \"hour\" \"weekday\" \"week_hour\" \"day\"");
    EXPECT_EQ(refusal("chat", R"({"chat_id":-1001,"days":3})"),
              "unknown parameter 'days'; expected: chat_id");
}

}  // namespace
}  // namespace tgstats
