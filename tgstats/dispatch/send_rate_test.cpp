#include "tgstats/dispatch/send_rate.h"

#include <string>

#include <boost/json/array.hpp>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

namespace json = boost::json;
using Kind = Sending::Kind;

constexpr std::int64_t person = 7;
constexpr std::int64_t group = -7;

class SendRateTest : public testing::Test {
protected:
    static Sending message(std::int64_t chat, std::size_t messages = 1) {
        return {Kind::message, chat, messages};
    }
    SendRate::Number ask(Sending sending, bool answer = true) { return rate.ask(sending, answer); }
    // All that may go now; each has its answer at once.
    std::vector<SendRate::Number> go() {
        std::vector<SendRate::Number> gone;
        for (;;) {
            const auto [number, when] = rate.admit(now);
            again = when;
            if (number == 0) return gone;
            rate.answered(number, now);
            gone.push_back(number);
        }
    }
    std::size_t count(std::size_t messages, std::int64_t chat, Kind kind = Kind::message) {
        for (std::size_t i = 0; i < messages; ++i) ask({kind, chat, 1});
        return go().size();
    }

    MonotonicTime now = MonotonicTime(std::chrono::hours(1));
    MonotonicTime again{};
    SendRate rate{true};
};

TEST_F(SendRateTest, APersonGetsTenInTenSeconds) {
    EXPECT_EQ(count(15, person), 10U);
    EXPECT_EQ(again, now + Millis{10'000});
    now += Millis{9'999};
    EXPECT_EQ(go().size(), 0U);
    now += Millis{1};
    EXPECT_EQ(go().size(), 5U);
}

TEST_F(SendRateTest, AGroupGetsTwentyAMinute) {
    EXPECT_EQ(count(30, group), 20U);
    EXPECT_EQ(again, now + Millis{60'000});
    now += Millis{60'000};
    EXPECT_EQ(go().size(), 10U);
}

TEST_F(SendRateTest, WhatWasSentBeforeARestartCounts) {
    for (int i = 0; i < 15; ++i) rate.remember(message(group), now - Millis{50'000});
    rate.remember(message(person, 10), now - Millis{4'000});
    EXPECT_EQ(count(30, group), 5U);
    EXPECT_EQ(count(1, person), 0U);
    EXPECT_EQ(again, now + Millis{6'000});
    now += Millis{10'000};
    EXPECT_EQ(go().size(), 16U);
}

TEST_F(SendRateTest, AllTogetherGetThirtyASecond) {
    for (std::int64_t chat = 1; chat <= 100; ++chat) ask(message(-chat));
    for (const std::size_t wanted : {30U, 30U, 30U, 10U}) {
        EXPECT_EQ(go().size(), wanted);
        now += Millis{1'000};
    }
}

TEST_F(SendRateTest, AMessageCountsUntilAWindowAfterItsAnswer) {
    for (std::int64_t chat = 1; chat <= 31; ++chat) ask(message(-chat));
    std::vector<SendRate::Number> gone;
    for (auto one = rate.admit(now); one.number != 0; one = rate.admit(now))
        gone.push_back(one.number);
    EXPECT_EQ(gone.size(), 30U);
    now += Millis{5'000};
    EXPECT_EQ(rate.admit(now).number, 0U);
    EXPECT_EQ(rate.admit(now).again, MonotonicTime::max());
    rate.answered(gone.front(), now);
    EXPECT_EQ(rate.admit(now).again, now + Millis{1'000});
    now += Millis{1'000};
    EXPECT_EQ(rate.admit(now).number, 31U);
}

TEST_F(SendRateTest, AnswersOvertakeNoticesButNotForEver) {
    for (std::int64_t chat = 1; chat <= 100; ++chat) ask(message(-chat), false);
    for (std::int64_t chat = 101; chat <= 200; ++chat) ask(message(-chat), true);
    const auto gone = go();
    ASSERT_EQ(gone.size(), 30U);
    EXPECT_EQ(gone[0], 101U);
    EXPECT_EQ(gone[answers_in_a_row_max], 1U);
    EXPECT_EQ(std::ranges::count_if(gone, [](auto number) { return number <= 100; }), 3);
}

TEST_F(SendRateTest, WhoWaitsForItsOwnChatHoldsUpNobody) {
    EXPECT_EQ(count(25, group), 20U);
    const auto notice = ask(message(person), false);
    EXPECT_EQ(go(), std::vector{notice});
}

TEST_F(SendRateTest, WhatAnAnswerWaitsForHurries) {
    for (std::int64_t chat = 1; chat <= 40; ++chat) ask(message(-chat), false);
    rate.hurry(40);
    EXPECT_EQ(go().front(), 40U);
}

TEST_F(SendRateTest, AlbumsCountTheirItemsAndAreNotOvertaken) {
    EXPECT_EQ(count(15, group), 15U);
    const auto album = ask(message(group, 10));
    ask(message(group));
    EXPECT_TRUE(go().empty());
    now += Millis{60'000};
    EXPECT_EQ(go().front(), album);

    for (std::int64_t chat = 101; chat <= 125; ++chat) ask(message(-chat));
    now += Millis{1'000};
    EXPECT_EQ(go().size(), 25U);
    const auto big = ask(message(-500, 10));
    for (std::int64_t chat = 201; chat <= 203; ++chat) ask(message(-chat));
    EXPECT_TRUE(go().empty());
    now += Millis{1'000};
    EXPECT_EQ(go().front(), big);
}

TEST_F(SendRateTest, MoreThanALimitGoesAlone) {
    const auto many = ask(message(group, 100));
    EXPECT_EQ(go(), std::vector{many});
    EXPECT_EQ(count(1, group), 0U);
}

TEST_F(SendRateTest, EditsCountByThemselvesAndTheRestNotAtAll) {
    EXPECT_EQ(count(15, person), 10U);
    EXPECT_EQ(count(15, person, Kind::edit), 10U);
    EXPECT_EQ(count(99, person, Kind::other), 99U);
}

TEST_F(SendRateTest, ARefusalPausesItsChat) {
    EXPECT_EQ(count(5, group), 5U);
    ask(message(group));
    rate.refused(rate.admit(now).number, now, Millis{7'000});
    EXPECT_EQ(count(1, group), 0U);
    EXPECT_EQ(count(1, group, Kind::other), 0U);
    EXPECT_EQ(again, now + Millis{7'000});
    EXPECT_EQ(count(1, person), 1U);
    now += Millis{7'000};
    EXPECT_EQ(go().size(), 2U);
}

TEST_F(SendRateTest, RefusalsOfQuietChatsPauseEverybody) {
    for (const std::int64_t chat : {-1, -2}) {
        const auto number = ask(message(chat));
        EXPECT_EQ(rate.admit(now).number, number);
        rate.refused(number, now, Millis{7'000});
        rate.answered(number, now);
        EXPECT_EQ(count(1, person + chat), chat == -1 ? 1U : 0U);
    }
    EXPECT_EQ(again, now + Millis{7'000});
    now += Millis{7'000};
    EXPECT_EQ(go().size(), 1U);
}

TEST_F(SendRateTest, WithoutLimitsOnlyPausesAreKept) {
    rate = SendRate(false);
    EXPECT_EQ(count(500, group), 500U);
    const auto number = ask(message(group));
    EXPECT_EQ(rate.admit(now).number, number);
    rate.refused(number, now, Millis{1'000});
    EXPECT_EQ(count(1, group), 0U);
}

TEST_F(SendRateTest, WhatIsWithdrawnIsGone) {
    const auto number = ask(message(group));
    rate.withdraw(number);
    EXPECT_TRUE(go().empty());
    EXPECT_EQ(rate.waiting(), 0U);
}

TEST(SendingOf, CountsWhatMakesMessages) {
    const auto of = [](std::string_view method, const json::object& params) {
        const auto sending = sending_of(method, params);
        const auto* kind = sending.kind == Kind::message ? "message "
                           : sending.kind == Kind::edit  ? "edit "
                                                         : "other ";
        return kind + std::to_string(sending.messages) + " to " + std::to_string(sending.chat_id);
    };
    EXPECT_EQ(of("sendMessage", {{"chat_id", -5}}), "message 1 to -5");
    EXPECT_EQ(of("sendPhoto", {{"chat_id", "5"}}), "message 1 to 5");
    const json::array three{1, 2, 3};
    EXPECT_EQ(of("sendMediaGroup", {{"chat_id", 5}, {"media", three}}), "message 3 to 5");
    EXPECT_EQ(of("sendMediaGroup", {{"chat_id", 5}, {"media", "[{},{}]"}}), "message 2 to 5");
    EXPECT_EQ(of("copyMessages", {{"chat_id", 5}, {"message_ids", three}}), "message 3 to 5");
    EXPECT_EQ(of("forwardMessage", {{"chat_id", 5}}), "message 1 to 5");
    EXPECT_EQ(of("editMessageText", {{"chat_id", 5}}), "edit 1 to 5");
    for (const auto* method : {"sendChatAction", "deleteMessage", "setMessageReaction", "getMe"})
        EXPECT_EQ(of(method, {{"chat_id", 5}}), "other 0 to 5");
    EXPECT_LT(sending_of("sendMessage", {{"chat_id", "@channel"}}).chat_id, 0);
}

// Any mixture, any time on the way: no window ever sees more than its limit.
TEST_F(SendRateTest, NoWindowSeesMoreThanItsLimit) {
    std::uint32_t random = 3;
    const auto below = [&](std::uint32_t end) {
        random = random * 1'664'525U + 1'013'904'223U;
        return (random >> 8U) % end;
    };
    struct Flight {
        SendRate::Number number;
        MonotonicTime back;
    };
    std::vector<Flight> flights;
    std::map<SendRate::Number, Sending> asked;
    std::vector<std::pair<MonotonicTime, Sending>> seen;  // by Telegram
    for (int step = 0; step < 3'000; ++step) {
        for (auto i = below(4); i > 0; --i) {
            const auto chat = static_cast<std::int64_t>(below(12)) - 6;
            const auto sending = message(chat == 0 ? 1 : chat, below(20) == 0 ? 10 : 1);
            asked[ask(sending, below(2) == 0)] = sending;
        }
        for (auto one = rate.admit(now); one.number != 0; one = rate.admit(now)) {
            const auto there = now + Millis{below(1'500)};
            seen.emplace_back(there, asked[one.number]);
            flights.push_back({one.number, there + Millis{below(500)}});
        }
        now += Millis{below(200)};
        std::erase_if(flights, [&](const Flight& flight) {
            if (flight.back > now) return false;
            rate.answered(flight.number, now);
            return true;
        });
    }
    const auto most = [&](const RateLimit& limit, auto counts) {
        std::size_t worst = 0;
        for (const auto& [from, first] : seen) {
            std::size_t messages = 0;
            for (const auto& [at, sending] : seen)
                if (at >= from && at < from + limit.window && counts(sending))
                    messages += sending.messages;
            worst = std::max(worst, messages);
        }
        return worst;
    };
    EXPECT_GT(seen.size(), 500U);
    EXPECT_LE(most(rate_of_all, [](const Sending&) { return true; }), rate_of_all.messages);
    for (std::int64_t chat = -6; chat < 6; ++chat) {
        const auto& limit = chat < 0 ? rate_of_group : rate_of_private_chat;
        const auto of_chat = [chat](const Sending& sending) { return sending.chat_id == chat; };
        EXPECT_LE(most(limit, of_chat), limit.messages);
    }
}

}  // namespace
}  // namespace tgstats
