#pragma once
// The date as the Bot API and the store have it, and times as file systems have them.

#include <time.h>

#include <chrono>
#include <cstdint>

namespace hotreload {

// Seconds since 1970-01-01 00:00 UTC, of the system's clock.
inline std::int64_t unix_now() {
    using std::chrono::seconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<seconds>(since).count();
}

inline std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Nanoseconds of the same: comparable with the times of files.
inline std::int64_t unix_now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now);
}

// Seconds since the machine started, its sleep included; setting the clock does not move it.
inline std::int64_t boot_now() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

}  // namespace hotreload
