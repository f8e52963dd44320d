#include <limits>

#include <gtest/gtest.h>

#include "hotreload/schedule/schedule.h"

namespace hotreload {
namespace {

constexpr std::int64_t day = 86'400;
constexpr std::int64_t friday = 1'795'132'800;  // 2026-11-20 00:00 UTC

Timetable every(double seconds) {
    return *Timetable::make({.name = "tick", .every_seconds = seconds});
}
Timetable cron(const std::string& text) { return *Timetable::make({.name = "tick", .cron = text}); }
std::string refused(double seconds, const std::string& text = "") {
    return Timetable::make({.name = "tick", .every_seconds = seconds, .cron = text}).error();
}

TEST(Timetable, EveryCountsFromTheLastTime) {
    const auto minute = every(60);
    EXPECT_EQ(minute.next(0, 1000), 1060) << "never fired: not at once";
    EXPECT_EQ(minute.next(1000, 1000), 1060);
    EXPECT_EQ(minute.next(1000, 1059), 1060);
    EXPECT_EQ(minute.next(1000, 1060), 1060);
    EXPECT_EQ(minute.next(1060, 1061), 1120) << "no drift when it was late";
}

TEST(Timetable, WhatWasMissedIsDueOnceAtOnce) {
    const auto minute = every(60);
    EXPECT_EQ(minute.next(1000, 1000 + 10 * 60 + 5), 1600);
    EXPECT_EQ(minute.next(1600, 1605), 1660) << "and not again";
    const auto daily = cron("30 4 * * *");
    const auto due = friday + 4 * 3600 + 1800;
    EXPECT_EQ(daily.next(due - 3 * day, friday + 12 * 3600), due);
    EXPECT_EQ(daily.next(due, friday + 12 * 3600), due + day);
}

TEST(Timetable, CronIsDueInLocalTime) {
    const auto daily = cron("30 4 * * *");
    EXPECT_EQ(daily.next(0, friday), friday + 4 * 3600 + 1800);
    EXPECT_EQ(daily.next(0, friday, 2 * 3600), friday + 2 * 3600 + 1800);
    EXPECT_EQ(daily.next(0, friday + 4 * 3600 + 1800), friday + day + 4 * 3600 + 1800);
    EXPECT_EQ(cron("0 0 30 2 *").next(0, friday), std::nullopt);
    EXPECT_EQ(cron("0 0 30 2 *").next(friday - day, friday), std::nullopt);
}

TEST(Timetable, AClockThatWasSetBackDoesNotStopIt) {
    EXPECT_EQ(every(60).next(friday + day, friday), friday + 60);
    EXPECT_EQ(every(60).next(friday + 30, friday), friday + 90);
    EXPECT_TRUE(every(60).too_far_ahead(friday + 61, friday));
    EXPECT_FALSE(every(60).too_far_ahead(friday + 60, friday));
    const auto hourly = cron("@hourly");
    EXPECT_EQ(hourly.next(friday + 400 * day, friday), friday + 3600);
    EXPECT_EQ(hourly.next(friday + 7200, friday + 3600), friday + 10'800) << "nothing twice";
    EXPECT_TRUE(hourly.too_far_ahead(friday + 4 * 3600, friday));
    EXPECT_FALSE(hourly.too_far_ahead(friday + 2 * 3600, friday));
}

TEST(Timetable, ExactlyOneOfBoth) {
    EXPECT_EQ(refused(0), "schedule 'tick': neither every nor cron is given");
    EXPECT_EQ(refused(60, "@hourly"),
              "schedule 'tick': both every and cron are given: use one of them");
    EXPECT_EQ(refused(0, "61 * * * *"),
              "schedule 'tick': cron '61 * * * *': minute: expected 0-59, found '61'");
}

TEST(Timetable, EveryHasBounds) {
    const std::string start =
        "schedule 'tick': every: expected whole seconds from 1 to 31622400 (366 days), found ";
    EXPECT_EQ(refused(0.5), start + "0.5");
    EXPECT_EQ(refused(-60), start + "-60");
    EXPECT_EQ(refused(1.5), start + "1.5");
    EXPECT_EQ(refused(31'622'401), start + "31622401");
    EXPECT_EQ(refused(std::numeric_limits<double>::quiet_NaN()), start + "nan");
    EXPECT_EQ(refused(std::numeric_limits<double>::infinity()), start + "inf");
    EXPECT_EQ(every(1).next(5, 5), 6);
    EXPECT_EQ(every(31'622'400).next(0, 0), 31'622'400);
}

}  // namespace
}  // namespace hotreload
