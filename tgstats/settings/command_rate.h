#pragma once
// How often one person may give a command: so many times a minute, so many an hour, counted in
// memory. What is refused does not count. Loop thread only.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "hotreload/base/clock.h"

namespace tgstats {

using hotreload::Millis;

inline constexpr std::size_t commands_per_minute_max = 10;
inline constexpr std::size_t commands_per_hour_max = 100;
inline constexpr std::size_t rated_people_max = 1'000;  // who asked longest ago is forgotten

class CommandRate {
public:
    struct Verdict {
        Millis wait{0};     // until they may again; 0: they may
        bool told = false;  // and that has been said since they last could
    };
    Verdict ask(std::int64_t who, hotreload::MonotonicTime now);
    [[nodiscard]] std::size_t people() const { return people_.size(); }

private:
    struct Person {
        std::deque<hotreload::MonotonicTime> asked;  // of the last hour, where they could
        hotreload::MonotonicTime last;
        bool told = false;
    };
    Person& person(std::int64_t who);

    std::map<std::int64_t, Person> people_;
};

std::string wait_text(Millis wait);  // "42 seconds", "3 minutes": never less than it is

}  // namespace tgstats
