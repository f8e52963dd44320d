#include "hotreload/base/clock.h"

#include <ctime>

#include <fmt/format.h>

namespace hotreload {

std::string rfc3339(SystemTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto micros = std::chrono::duration_cast<Micros>(time - seconds).count();
    const std::time_t unix_seconds = seconds.time_since_epoch().count();
    std::tm utc{};
    ::gmtime_r(&unix_seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, micros);
}

}  // namespace hotreload
