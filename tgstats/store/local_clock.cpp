#include "tgstats/store/local_clock.h"

#include <stdexcept>

#include <date/date.h>
#include <date/tz.h>

namespace tgstats {

namespace {

constexpr std::int64_t day_s = 86'400;
constexpr std::int64_t hour_s = 3'600;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

date::year_month_day calendar(std::int64_t day) {
    return date::year_month_day(date::local_days(date::days(static_cast<int>(day))));
}

}  // namespace

std::optional<LocalClock> LocalClock::of(const std::string& timezone) {
    try {
        return LocalClock(date::locate_zone(timezone));
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

LocalTime LocalClock::local(std::int64_t unix_seconds) const {
    if (unix_seconds < begin_ || unix_seconds >= end_) {
        const auto info = zone_->get_info(date::sys_seconds(std::chrono::seconds(unix_seconds)));
        begin_ = info.begin.time_since_epoch().count();
        end_ = info.end.time_since_epoch().count();
        offset_ = info.offset.count();
    }
    const auto seconds = unix_seconds + offset_;
    const auto day = floor_div(seconds, day_s);
    return {day, static_cast<int>((seconds - day * day_s) / hour_s)};
}

std::int64_t LocalClock::midnight(std::int64_t day) const {
    const date::local_seconds start{date::local_days(date::days(static_cast<int>(day)))};
    return zone_->to_sys(start, date::choose::earliest).time_since_epoch().count();
}

int weekday_of(std::int64_t day) {
    const auto since_monday = (day + 3) % 7;  // 1970-01-01 was a Thursday
    return static_cast<int>(since_monday < 0 ? since_monday + 7 : since_monday);
}

std::int64_t month_of(std::int64_t day) {
    const auto ymd = calendar(day);
    return std::int64_t{int(ymd.year())} * 12 + unsigned(ymd.month()) - 1;
}

std::int64_t month_start(std::int64_t month) {
    const auto year = floor_div(month, 12);
    const date::year_month_day first{date::year(static_cast<int>(year)),
                                     date::month(static_cast<unsigned>(month - year * 12 + 1)),
                                     date::day(1)};
    return date::local_days(first).time_since_epoch().count();
}

std::string day_text(std::int64_t day) { return date::format("%F", calendar(day)); }

}  // namespace tgstats
