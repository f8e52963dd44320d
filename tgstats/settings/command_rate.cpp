#include "tgstats/settings/command_rate.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tgstats {
namespace {

using hotreload::MonotonicTime;
using Times = std::deque<MonotonicTime>;

constexpr Millis a_minute{60'000};
constexpr Millis an_hour{3'600'000};

// Until fewer than `most` of these are within the window before that moment.
Millis until_free(const Times& asked, std::size_t most, Millis window, MonotonicTime now) {
    if (asked.size() < most) return Millis(0);
    const auto free = asked[asked.size() - most] + window;
    return std::max(Millis(0), std::chrono::ceil<Millis>(free - now));
}

}  // namespace

CommandRate::Person& CommandRate::person(std::int64_t who) {
    if (people_.size() >= rated_people_max && !people_.contains(who))
        people_.erase(std::ranges::min_element(
            people_, {}, [](const auto& entry) { return entry.second.last; }));
    return people_[who];
}

CommandRate::Verdict CommandRate::ask(std::int64_t who, MonotonicTime now) {
    auto& one = person(who);
    one.last = now;
    while (!one.asked.empty() && one.asked.front() + an_hour <= now) one.asked.pop_front();
    const auto wait = std::max(until_free(one.asked, commands_per_minute_max, a_minute, now),
                               until_free(one.asked, commands_per_hour_max, an_hour, now));
    if (wait > Millis(0)) return {.wait = wait, .told = std::exchange(one.told, true)};
    one.asked.push_back(now);
    one.told = false;
    return {};
}

std::string wait_text(Millis wait) {
    const bool long_wait = wait > a_minute;
    const auto count = long_wait ? std::chrono::ceil<std::chrono::minutes>(wait).count()
                                 : std::chrono::ceil<std::chrono::seconds>(wait).count();
    return fmt::format("{} {}{}", count, long_wait ? "minute" : "second", count == 1 ? "" : "s");
}

}  // namespace tgstats
