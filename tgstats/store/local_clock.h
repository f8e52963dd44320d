#pragma once
// Local days and hours of one time zone, daylight saving time included.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace tgstats {

struct LocalTime {
    std::int64_t day = 0;  // days since 1970-01-01, local
    int hour = 0;          // 0-23
};

class LocalClock {
public:
    // nullopt for a name that the time zone database does not have.
    static std::optional<LocalClock> of(const std::string& timezone);

    [[nodiscard]] LocalTime local(std::int64_t unix_seconds) const;
    // The first second of a local day.
    [[nodiscard]] std::int64_t midnight(std::int64_t day) const;

private:
    explicit LocalClock(const date::time_zone* zone) : zone_(zone) {}

    const date::time_zone* zone_;
    // The last looked-up stretch without a change of offset: neighbours in time nearly always share
    // it.
    mutable std::int64_t begin_ = 0;
    mutable std::int64_t end_ = 0;
    mutable std::int64_t offset_ = 0;
};

int weekday_of(std::int64_t day);              // 0 is Monday
std::int64_t month_of(std::int64_t day);       // year * 12 + month - 1
std::int64_t month_start(std::int64_t month);  // its first day
std::string day_text(std::int64_t day);        // 2026-11-20

}  // namespace tgstats
