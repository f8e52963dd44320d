#include "tgstats/settings/command_rate.h"

#include <gtest/gtest.h>

namespace tgstats {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class CommandRateTest : public testing::Test {
protected:
    CommandRate::Verdict ask(Millis at, std::int64_t who = 1) {
        return rate.ask(who, hotreload::MonotonicTime() + std::chrono::hours(1) + at);
    }
    CommandRate rate;
};

TEST_F(CommandRateTest, TenAMinute) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(seconds(2 * i)).wait, Millis(0)) << i;
    EXPECT_EQ(ask(seconds(20)).wait, seconds(40));
    EXPECT_EQ(ask(seconds(20), 2).wait, Millis(0)) << "others are not held up";
    EXPECT_EQ(ask(Millis(59'999)).wait, Millis(1));
    EXPECT_EQ(ask(seconds(60)).wait, Millis(0)) << "the first is a minute old";
    EXPECT_EQ(ask(seconds(60)).wait, seconds(2)) << "until the second is, too";
}

TEST_F(CommandRateTest, AHundredAnHour) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(ask(seconds(10 * i)).wait, Millis(0)) << i;
    EXPECT_EQ(ask(minutes(20)).wait, minutes(40));
    EXPECT_EQ(ask(minutes(60)).wait, Millis(0));
    EXPECT_EQ(ask(minutes(60)).wait, seconds(10));
}

TEST_F(CommandRateTest, ARefusalIsToldOnceAndDoesNotCount) {
    for (int i = 0; i < 10; ++i) ask(seconds(0));
    EXPECT_FALSE(ask(seconds(1)).told);
    for (int i = 2; i < 60; ++i) EXPECT_TRUE(ask(seconds(i)).told) << i;
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(seconds(60)).wait, Millis(0)) << i;
    EXPECT_FALSE(ask(seconds(61)).told) << "it is another time";
}

TEST(WaitText, IsNeverLessThanTheWait) {
    EXPECT_EQ(wait_text(Millis(1)), "1 second");
    EXPECT_EQ(wait_text(Millis(41'001)), "42 seconds");
    EXPECT_EQ(wait_text(seconds(60)), "60 seconds");
    EXPECT_EQ(wait_text(Millis(60'001)), "2 minutes");
    EXPECT_EQ(wait_text(minutes(60)), "60 minutes");
}

TEST_F(CommandRateTest, PeopleAreBounded) {
    for (int i = 0; i < 10; ++i) ask(seconds(1), 7);
    const auto crowd = static_cast<std::int64_t>(rated_people_max);
    for (std::int64_t who = 100; who < 100 + 2 * crowd; ++who) {
        ask(seconds(2), who);
        const auto wait = who % 100 == 0 ? ask(seconds(3), 7).wait : seconds(1);
        EXPECT_GT(wait, Millis(0)) << "who asks now and then is still there";
    }
    EXPECT_EQ(rate.people(), rated_people_max);
}

}  // namespace
}  // namespace tgstats
