#pragma once
// Time as the project uses it: monotonic for durations and deadlines, system time only for what
// people read.

#include <algorithm>
#include <chrono>
#include <string>

namespace hotreload {

using Millis = std::chrono::milliseconds;
using Micros = std::chrono::microseconds;
using MonotonicTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;

inline MonotonicTime monotonic_now() { return std::chrono::steady_clock::now(); }

// Now and `deadline` from here; a deadline beyond what the clock can hold is its last moment, not
// an overflow.
inline MonotonicTime deadline_after(Millis deadline) {
    const auto now = monotonic_now();
    const auto left = std::chrono::duration_cast<Millis>(MonotonicTime::max() - now);
    return deadline < left ? now + deadline : MonotonicTime::max();
}

// RFC 3339, microseconds, UTC: 2026-11-22T17:02:14.000123Z
std::string rfc3339(SystemTime time);

// A time that several waits share, one after another: each gets what those before it have left.
class Countdown {
public:
    explicit Countdown(Millis whole) : end_(deadline_after(whole)) {}
    [[nodiscard]] Millis left() const {
        return std::max(Millis(0), std::chrono::duration_cast<Millis>(end_ - monotonic_now()));
    }

private:
    MonotonicTime end_;
};

// Measures one stage after another: lap() gives the time since the last lap (or the start).
class Stopwatch {
public:
    Micros lap() {
        const auto now = monotonic_now();
        const auto passed = std::chrono::duration_cast<Micros>(now - last_);
        last_ = now;
        return passed;
    }
    [[nodiscard]] Micros total() const {
        return std::chrono::duration_cast<Micros>(monotonic_now() - start_);
    }

private:
    MonotonicTime start_ = monotonic_now();
    MonotonicTime last_ = start_;
};

}  // namespace hotreload
