#include "hotreload/base/clock.h"

#include <gtest/gtest.h>

namespace hotreload {
namespace {

TEST(ClockTest, Rfc3339) {
    EXPECT_EQ(rfc3339(SystemTime(std::chrono::microseconds(1'795'366'934'000'123))),
              "2026-11-22T17:02:14.000123Z");
    EXPECT_EQ(rfc3339(SystemTime()), "1970-01-01T00:00:00.000000Z");
}

TEST(ClockTest, DeadlinesDoNotOverflow) {
    EXPECT_EQ(deadline_after(Millis::max()), MonotonicTime::max());
    EXPECT_GE(deadline_after(Millis(1000)), monotonic_now());
    EXPECT_LT(deadline_after(Millis(1000)), monotonic_now() + Millis(2000));
}

TEST(ClockTest, ACountdownNeverGoesBelowZero) {
    const Countdown over(Millis(0));
    EXPECT_EQ(over.left(), Millis(0));
    const Countdown running(Millis(60'000));
    EXPECT_GT(running.left(), Millis(30'000));
    EXPECT_LE(running.left(), Millis(60'000));
}

}  // namespace
}  // namespace hotreload
