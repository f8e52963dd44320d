#pragma once
// The date as the Bot API and the store have it.

#include <chrono>
#include <cstdint>

namespace hotreload {

// Seconds since 1970-01-01 00:00 UTC, of the system's clock.
inline std::int64_t unix_now() {
    using std::chrono::seconds;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<seconds>(since).count();
}

}  // namespace hotreload
