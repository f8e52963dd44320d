#include "tgstats/playground/limits.h"

#include "tgstats/playground/fixture_test.h"

namespace tgstats::playground {
namespace {

using hotreload::Millis;
using hotreload::MonotonicTime;

class LimitsTest : public testing::Test {
protected:
    LimitsTest() { limits.switch_floods(true); }
    // How many of them pass.
    int send(int messages, std::int64_t chat_id) {
        int passed = 0;
        for (int i = 0; i < messages; ++i) {
            const auto error = limits.take(chat_id, 1, now);
            passed += error ? 0 : 1;
            if (error) retry_after_s = error->parameters.at("retry_after").as_int64();
        }
        return passed;
    }
    Limits limits;
    MonotonicTime now = MonotonicTime(std::chrono::hours(1));
    std::int64_t retry_after_s = 0;
};

TEST_F(LimitsTest, FloodsAreRefusedUntilTheWindowHasPassed) {
    EXPECT_EQ(send(12, 5), 10);
    EXPECT_EQ(retry_after_s, 10);
    EXPECT_EQ(send(12, -5), 12);
    now += Millis{30'500};
    EXPECT_EQ(send(9, -5), 8);
    EXPECT_EQ(retry_after_s, 30);
    now += Millis{29'500};
    EXPECT_EQ(send(20, -5), 12);
    EXPECT_EQ(json::serialize(limits.describe().at("kinds")),
              R"({"flood_of_group":9,"flood_of_private_chat":2})");
}

TEST_F(LimitsTest, TheBotAsAWholeIsHeldToo) {
    int passed = 0;
    for (int chat = 1; chat <= 40; ++chat) passed += send(1, -chat);
    EXPECT_EQ(passed, 30);
    EXPECT_EQ(retry_after_s, 1);
    now += Millis{1'000};
    EXPECT_EQ(send(20, 7) + send(20, -99), 30);
}

TEST_F(LimitsTest, AlbumsCountTheirItems) {
    EXPECT_FALSE(limits.take(-5, 10, now));
    EXPECT_FALSE(limits.take(-5, 10, now));
    EXPECT_TRUE(limits.take(-5, 1, now));
}

TEST_F(LimitsTest, SwitchedOffNothingIsRefused) {
    limits.switch_floods(false);
    EXPECT_EQ(send(500, 5), 500);
    EXPECT_EQ(limits.describe().at("violations"), 0);
}

class LimitsPage : public PlaygroundFixture {
protected:
    LimitsPage() { say(group, "hello"); }
};

TEST_F(LimitsPage, CountsWhatBreaksALimit) {
    EXPECT_EQ(look("limits").at("violations"), 0);
    EXPECT_EQ(look("limits").at("on"), false);
    EXPECT_EQ(call("sendMessage", {{"chat_id", group}, {"text", std::string(4'097, 'a')}}),
              "400 Bad Request: message is too long");
    EXPECT_EQ(call("sendMessage", {{"chat_id", group}, {"text", ""}}),
              "400 Bad Request: message text is empty");
    EXPECT_EQ(look("limits").at("kinds"), (json::object{{"text_length", 1}}));
}

TEST_F(LimitsPage, FloodsGetRetryAfter) {
    EXPECT_EQ(page("limits", {{"on", true}}).at("on"), true);
    for (int i = 0; i < 20; ++i) call("sendMessage", {{"chat_id", group}, {"text", "a"}});
    auto future = begin("sendMessage", {{"chat_id", group}, {"text", "a"}});
    const auto body = json::parse(finish(future).body);
    EXPECT_EQ(body.at("error_code"), 429);
    const auto wait = body.at("parameters").at("retry_after").as_int64();
    EXPECT_TRUE(wait > 30 && wait <= 60) << wait;
    EXPECT_EQ(call("sendChatAction", {{"chat_id", group}, {"action", "typing"}}), true);
    EXPECT_EQ(look("limits").at("kinds"), (json::object{{"flood_of_group", 1}}));
}

}  // namespace
}  // namespace tgstats::playground
