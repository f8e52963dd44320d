#include <ctime>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hotreload/schedule/schedule.h"

namespace hotreload {
namespace {

// "2026-11-20 17:02" or "2026-11-20 17:02:31", UTC.
std::int64_t at(const std::string& text) {
    std::tm time{};
    const auto* end = ::strptime(text.c_str(), "%Y-%m-%d %H:%M", &time);
    if (end != nullptr && *end == ':') end = ::strptime(end, ":%S", &time);
    if (end == nullptr || *end != '\0') throw std::runtime_error("no time: " + text);
    return ::timegm(&time);
}

std::string shown(std::optional<std::int64_t> time) {
    if (!time) return "never";
    const std::time_t seconds = *time;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}{}", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min,
                       utc.tm_sec == 0 ? "" : fmt::format(":{:02}", utc.tm_sec));
}

struct Case {
    std::string cron;
    std::string now;
    std::string next;
};
class CronNext : public testing::TestWithParam<Case> {};

TEST_P(CronNext, IsTheFirstMatchingMinute) {
    const auto cron = Cron::parse(GetParam().cron);
    ASSERT_TRUE(cron) << cron.error();
    EXPECT_EQ(shown(cron->next(at(GetParam().now), 0)), GetParam().next);
}

std::string case_name(const testing::TestParamInfo<Case>& param) {
    return "Case" + std::to_string(param.index);
}

// 2026-11-20 is a Friday.
INSTANTIATE_TEST_SUITE_P(
    Minutes, CronNext,
    testing::Values(Case{"* * * * *", "2026-11-20 17:02", "2026-11-20 17:03"},
                    Case{"* * * * *", "2026-11-20 17:02:59", "2026-11-20 17:03"},
                    Case{"* * * * *", "2026-12-31 23:59:01", "2027-01-01 00:00"},
                    Case{"*/15 * * * *", "2026-11-20 17:02", "2026-11-20 17:15"},
                    Case{"*/15 * * * *", "2026-11-20 17:45", "2026-11-20 18:00"},
                    Case{"*/25 * * * *", "2026-11-20 17:50", "2026-11-20 18:00"},
                    Case{"*/60 * * * *", "2026-11-20 17:00", "2026-11-20 18:00"},
                    Case{"10-30/10 * * * *", "2026-11-20 17:20", "2026-11-20 17:30"},
                    Case{"10-30/10 * * * *", "2026-11-20 17:30", "2026-11-20 18:10"},
                    Case{"10-29/10 * * * *", "2026-11-20 17:20", "2026-11-20 18:10"},
                    Case{"1,2,50-52,59 * * * *", "2026-11-20 17:02", "2026-11-20 17:50"},
                    Case{"1,2,50-52,59 * * * *", "2026-11-20 17:52", "2026-11-20 17:59"},
                    Case{"0 9-17/4 * * *", "2026-11-20 13:00", "2026-11-20 17:00"},
                    Case{"30 4 * * *", "2026-11-20 17:02", "2026-11-21 04:30"},
                    Case{"30 17 * * *", "2026-11-20 17:30", "2026-11-21 17:30"},
                    Case{"  0\t 0 *  * *  ", "2026-11-20 17:02", "2026-11-21 00:00"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Days, CronNext,
    testing::Values(Case{"0 0 1 * *", "2026-11-20 17:02", "2026-12-01 00:00"},
                    Case{"0 0 31 * *", "2026-11-20 17:02", "2026-12-31 00:00"},
                    Case{"0 0 31 * *", "2027-01-31 00:00", "2027-03-31 00:00"},
                    Case{"0 0 31 4,6,9,11 *", "2026-11-20 17:02", "never"},
                    Case{"30 2 30 2 *", "2026-11-20 17:02", "never"},
                    Case{"0 0 29 2 *", "2026-11-20 17:02", "2028-02-29 00:00"},
                    Case{"0 0 29 2 *", "2096-02-29 00:00", "never"},
                    Case{"0 0 28 2 *", "2026-11-20 17:02", "2027-02-28 00:00"},
                    Case{"0 0 * * 5", "2026-11-20 17:02", "2026-11-27 00:00"},
                    Case{"0 0 * * 0", "2026-11-20 17:02", "2026-11-22 00:00"},
                    Case{"0 0 * * 7", "2026-11-20 17:02", "2026-11-22 00:00"},
                    Case{"0 0 * * 5-7", "2026-11-21 00:00", "2026-11-22 00:00"},
                    Case{"0 0 * * 5-7", "2026-11-22 00:00", "2026-11-27 00:00"},
                    Case{"0 0 * * mon-fri", "2026-11-20 17:02", "2026-11-23 00:00"},
                    Case{"0 0 * * Sat,SUN", "2026-11-20 17:02", "2026-11-21 00:00"},
                    Case{"0 0 * * 1-5/2", "2026-11-20 17:02", "2026-11-23 00:00"},
                    Case{"0 0 * * */2", "2026-11-20 17:02", "2026-11-21 00:00"},
                    Case{"0 12 * jan *", "2026-11-20 17:02", "2027-01-01 12:00"},
                    Case{"0 12 * Oct-dec *", "2026-12-31 12:00", "2027-10-01 12:00"},
                    Case{"0 12 * */5 *", "2026-11-20 17:02", "2026-11-21 12:00"},
                    Case{"0 12 * */5 *", "2026-11-30 17:02", "2027-01-01 12:00"}),
    case_name);

// Both day fields restricted: either; one with a star: both.
INSTANTIATE_TEST_SUITE_P(
    DayFields, CronNext,
    testing::Values(Case{"30 4 1,15 * 5", "2026-11-20 04:30", "2026-11-27 04:30"},
                    Case{"30 4 1,15 * 5", "2026-11-27 04:30", "2026-12-01 04:30"},
                    Case{"0 0 13 * fri", "2026-11-20 17:02", "2026-11-27 00:00"},
                    Case{"0 0 13 * fri", "2026-12-11 00:00", "2026-12-13 00:00"},
                    Case{"0 0 */2 * 1", "2026-11-20 17:02", "2026-11-23 00:00"},
                    Case{"0 0 */2 * 1", "2026-11-23 00:00", "2026-12-07 00:00"},
                    Case{"0 0 13 * */5", "2026-11-20 17:02", "2026-12-13 00:00"},
                    Case{"0 0 30 2 1", "2026-11-20 17:02", "2027-02-01 00:00"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(Words, CronNext,
                         testing::Values(Case{"@hourly", "2026-11-20 17:02", "2026-11-20 18:00"},
                                         Case{"@daily", "2026-11-20 17:02", "2026-11-21 00:00"},
                                         Case{"@midnight", "2026-11-20 17:02", "2026-11-21 00:00"},
                                         Case{"@weekly", "2026-11-20 17:02", "2026-11-22 00:00"},
                                         Case{"@monthly", "2026-11-20 17:02", "2026-12-01 00:00"},
                                         Case{" @Yearly ", "2026-11-20 17:02", "2027-01-01 00:00"},
                                         Case{"@annually", "2026-11-20 17:02", "2027-01-01 00:00"}),
                         case_name);

TEST(Cron, CountsInLocalTime) {
    const auto cron = Cron::parse("30 0 * * mon");
    ASSERT_TRUE(cron);
    const std::int64_t kolkata = 5 * 3600 + 1800;
    EXPECT_EQ(shown(cron->next(at("2026-11-20 17:02"), kolkata)), "2026-11-22 19:00");
    EXPECT_EQ(shown(cron->next(at("2026-11-22 19:00"), kolkata)), "2026-11-29 19:00");
    EXPECT_EQ(shown(cron->next(at("2026-11-20 17:02"), -8 * 3600)), "2026-11-23 08:30");
}

TEST(Cron, KnowsTheLatestOne) {
    const auto latest = [](const std::string& text, const std::string& now) {
        return shown(Cron::parse(text)->latest(at(now), 0));
    };
    EXPECT_EQ(latest("30 4 * * *", "2026-11-20 17:02"), "2026-11-20 04:30");
    EXPECT_EQ(latest("30 4 * * *", "2026-11-20 04:30"), "2026-11-20 04:30");
    EXPECT_EQ(latest("30 4 * * *", "2026-11-20 04:29:59"), "2026-11-19 04:30");
    EXPECT_EQ(latest("0 0 29 2 *", "2026-11-20 17:02"), "2024-02-29 00:00");
    EXPECT_EQ(latest("30 2 30 2 *", "2026-11-20 17:02"), "never");
}

// The slow and plain way, minute by minute, says the same over fifteen months.
TEST(Cron, AgreesWithCountingEveryMinute) {
    struct Plain {
        std::string cron;
        bool (*matches)(const std::tm& time);
    };
    const std::vector<Plain> plain{
        {"*/7 3,4 * * *",
         [](const std::tm& t) { return t.tm_min % 7 == 0 && (t.tm_hour == 3 || t.tm_hour == 4); }},
        {"5 0 13 * 5",
         [](const std::tm& t) {
             return t.tm_min == 5 && t.tm_hour == 0 && (t.tm_mday == 13 || t.tm_wday == 5);
         }},
        {"0 12 29-31 1-3 *",
         [](const std::tm& t) {
             return t.tm_min == 0 && t.tm_hour == 12 && t.tm_mday >= 29 && t.tm_mon <= 2;
         }},
    };
    for (const auto& [text, matches] : plain) {
        const auto cron = Cron::parse(text);
        ASSERT_TRUE(cron) << cron.error();
        auto expected = cron->next(at("2027-06-01 00:00"), 0);
        std::optional<std::int64_t> before;
        for (auto now = at("2027-06-01 00:01"); now < at("2028-09-01 00:00"); now += 60) {
            std::tm time{};
            const std::time_t seconds = now;
            ::gmtime_r(&seconds, &time);
            if (!matches(time)) continue;
            ASSERT_EQ(shown(expected), shown(now)) << text;
            if (before) {
                ASSERT_EQ(shown(cron->latest(now - 1, 0)), shown(*before)) << text;
            }
            before = now;
            expected = cron->next(now, 0);
        }
        EXPECT_TRUE(before) << text << " never matched";
    }
}

TEST(Cron, TimesBeyondAnyCalendarAreNever) {
    const auto cron = Cron::parse("* * * * *");
    ASSERT_TRUE(cron);
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(cron->next(most, 0), std::nullopt);
    EXPECT_EQ(cron->next(-most, 0), std::nullopt);
    EXPECT_EQ(cron->next(0, most), std::nullopt);
    EXPECT_EQ(cron->latest(most, 0), std::nullopt);
}

struct Garbage {
    std::string cron;
    std::string reason;
};
class CronGarbage : public testing::TestWithParam<Garbage> {};

TEST_P(CronGarbage, IsRefusedPrecisely) {
    EXPECT_EQ(Cron::parse(GetParam().cron).error(), GetParam().reason);
}

const std::string five_fields =
    "expected five fields (minute hour day-of-month month day-of-week), found ";
INSTANTIATE_TEST_SUITE_P(
    All, CronGarbage,
    testing::Values(
        Garbage{"", five_fields + "0"}, Garbage{" \t ", five_fields + "0"},
        Garbage{"* * * *", five_fields + "4"}, Garbage{"0 * * * * *", five_fields + "6"},
        Garbage{"@hourly now", five_fields + "2"},
        Garbage{"@reboot",
                "unknown word '@reboot': expected @hourly, @daily, @weekly, @monthly or "
                "@yearly"},
        Garbage{"60 * * * *", "minute: expected 0-59, found '60'"},
        Garbage{"-1 * * * *", "minute: expected 0-59, found ''"},
        Garbage{"+1 * * * *", "minute: expected 0-59, found '+1'"},
        Garbage{"1.5 * * * *", "minute: expected 0-59, found '1.5'"},
        Garbage{"99999999999 * * * *", "minute: expected 0-59, found '99999999999'"},
        Garbage{"** * * * *", "minute: expected 0-59, found '**'"},
        Garbage{"*-5 * * * *", "minute: expected 0-59, found '*'"},
        Garbage{"* 24 * * *", "hour: expected 0-23, found '24'"},
        Garbage{"* 1-24 * * *", "hour: expected 0-23, found '24'"},
        Garbage{"* 5-3 * * *", "hour: the range '5-3' runs backwards"},
        Garbage{"* 1-2-3 * * *", "hour: expected 0-23, found '2-3'"},
        Garbage{"* 1, * * *", "hour: nothing between the commas of '1,'"},
        Garbage{"* ,1 * * *", "hour: nothing between the commas of ',1'"},
        Garbage{"* * 0 * *", "day-of-month: expected 1-31, found '0'"},
        Garbage{"* * 32 * *", "day-of-month: expected 1-31, found '32'"},
        Garbage{"* * L * *", "day-of-month: expected 1-31, found 'L'"},
        Garbage{"* * ? * *", "day-of-month: expected 1-31, found '?'"},
        Garbage{"* * * 13 *", "month: expected 1-12 or jan-dec, found '13'"},
        Garbage{"* * * anf *", "month: expected 1-12 or jan-dec, found 'anf'"},
        Garbage{"* * * january *", "month: expected 1-12 or jan-dec, found 'january'"},
        Garbage{"* * * * 8", "day-of-week: expected 0-7 or sun-sat, found '8'"},
        Garbage{"* * * * fri-mon", "day-of-week: the range 'fri-mon' runs backwards"},
        Garbage{"*/0 * * * *", "minute: expected a step of 1-60 after '/', found '0'"},
        Garbage{"*/61 * * * *", "minute: expected a step of 1-60 after '/', found '61'"},
        Garbage{"*/ * * * *", "minute: expected a step of 1-60 after '/', found ''"},
        Garbage{"*/2/3 * * * *", "minute: expected a step of 1-60 after '/', found '2/3'"},
        Garbage{"/5 * * * *", "minute: expected 0-59, found ''"},
        Garbage{"5/15 * * * *", "minute: '5/15' has a step without a range: write 5-59/15"},
        Garbage{std::string(1001, '*'), "longer than 1000 characters"},
        Garbage{std::string("0\0 0 * * *", 10),
                std::string("minute: expected 0-59, found '0\0'", 33)}),
    [](const auto& param) { return "Case" + std::to_string(param.index); });

}  // namespace
}  // namespace hotreload
