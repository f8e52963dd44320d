#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "hotreload/schedule/schedule.h"

namespace hotreload {
namespace {

constexpr double every_seconds_max = 366.0 * 24 * 60 * 60;
// A clock that was set back by less repeats nothing, as in cron(8).
constexpr std::int64_t clock_back_seconds = 3 * 60 * 60;

}  // namespace

Result<Timetable, std::string> Timetable::make(const Schedule& schedule) {
    const auto refused = [&](const std::string& reason) {
        return Result<Timetable, std::string>(
            in_place_error, fmt::format("schedule '{}': {}", schedule.name, reason));
    };
    const bool has_every = schedule.every_seconds != 0;
    if (has_every == !schedule.cron.empty())
        return refused(has_every ? "both every and cron are given: use one of them"
                                 : "neither every nor cron is given");
    Timetable timetable;
    if (!has_every) {
        auto cron = Cron::parse(schedule.cron);
        if (!cron) return refused(fmt::format("cron '{}': {}", schedule.cron, cron.error()));
        timetable.cron_ = *cron;
        return timetable;
    }
    const auto every = schedule.every_seconds;
    // Written so that what is not a number is refused, too.
    if (!(every >= 1 && every <= every_seconds_max) || every != std::floor(every))
        return refused(fmt::format(
            "every: expected whole seconds from 1 to 31622400 (366 days), found {}", every));
    timetable.every_seconds_ = static_cast<std::int64_t>(every);
    return timetable;
}

std::optional<std::int64_t> Timetable::next(std::int64_t last, std::int64_t now,
                                            std::int64_t offset_seconds) const {
    if (!cron_) {
        if (last <= 0 || too_far_ahead(last, now)) return now + every_seconds_;
        const auto passed = std::max<std::int64_t>(1, (now - last) / every_seconds_);
        return last + passed * every_seconds_;
    }
    if (last <= 0 || too_far_ahead(last, now)) return cron_->next(now, offset_seconds);
    const auto missed = cron_->latest(now, offset_seconds);
    if (missed && *missed > last) return missed;
    return cron_->next(last, offset_seconds);
}

bool Timetable::too_far_ahead(std::int64_t last, std::int64_t now) const {
    return last > now + (cron_ ? clock_back_seconds : every_seconds_);
}

}  // namespace hotreload
