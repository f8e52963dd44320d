#pragma once
// When something that a plugin wants regularly is due: every so many seconds, or by a cron
// expression. Pure functions of time; who fires is the engine's business.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hotreload/base/result.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

// A five-field cron expression (minute hour day-of-month month day-of-week), as in crontab(5):
// lists, ranges, steps, names of months and days, '*', 7 for Sunday; when both day fields are
// restricted, either matches. Also @hourly, @daily, @weekly, @monthly, @yearly.
class Cron {
public:
    // The error says which field is wrong and what was expected.
    static Result<Cron, std::string> parse(std::string_view text);
    // The first minute after `unix_seconds` that matches, in local time `offset_seconds` east of
    // UTC; nullopt when there is none within five years ("30 2 30 2 *").
    [[nodiscard]] std::optional<std::int64_t> next(std::int64_t unix_seconds,
                                                   std::int64_t offset_seconds) const;
    // The last minute at or before `unix_seconds` that matches; nullopt when there is none within
    // five years.
    [[nodiscard]] std::optional<std::int64_t> latest(std::int64_t unix_seconds,
                                                     std::int64_t offset_seconds) const;

private:
    [[nodiscard]] bool matches(std::chrono::sys_days day) const;

    std::uint64_t minutes_ = 0;  // bit n: minute n
    std::uint64_t hours_ = 0, month_days_ = 0, months_ = 0, week_days_ = 0;
    bool any_month_day_ = false, any_week_day_ = false;  // the field begins with '*'
};

// Checked once, when a plugin is loaded; then asked for the next time it is due.
class Timetable {
public:
    // Exactly one of `every` and `cron` must be set; `every` in whole seconds, from 1 second to 366
    // days.
    static Result<Timetable, std::string> make(const Schedule& schedule);
    // The next time that is due after `last` (the time last due; 0: never fired, then `now`
    // counts); cron expressions in local time `offset_seconds` east of UTC. What was missed while
    // nobody was there is due once, at once: the result is then the latest of the missed times,
    // which lies before `now`. A `last` that lies too far ahead counts as `now`. Seconds since
    // 1970, UTC.
    [[nodiscard]] std::optional<std::int64_t> next(std::int64_t last, std::int64_t now,
                                                   std::int64_t offset_seconds = 0) const;
    // The clock was set back since `last`, so far that waiting for it again would be a silence:
    // whoever keeps `last` has to count from `now`.
    [[nodiscard]] bool too_far_ahead(std::int64_t last, std::int64_t now) const;

private:
    std::int64_t every_seconds_ = 0;
    std::optional<Cron> cron_;
};

}  // namespace hotreload
