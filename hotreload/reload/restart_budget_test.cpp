#include "hotreload/reload/restart_budget.h"

#include <gtest/gtest.h>

namespace hotreload {
namespace {

using std::chrono::seconds;

TEST(RestartBudget, IsSpentByCrashesAndGivenBackByTime) {
    RestartBudget budget;
    const Fingerprint content;
    MonotonicTime now{};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(content, now));
    EXPECT_FALSE(budget.take(content, now));
    EXPECT_FALSE(budget.take(content, now + seconds(59)));
    EXPECT_TRUE(budget.take(content, now + seconds(61)));
    EXPECT_FALSE(budget.take(content, now + seconds(62)));
}

TEST(RestartBudget, NewContentIsANewBudget) {
    RestartBudget budget;
    Fingerprint first, second;
    second.bytes[0] = 1;
    MonotonicTime now{};
    while (budget.take(first, now)) {
    }
    EXPECT_TRUE(budget.take(second, now));
}

TEST(RestartBudget, NeverHoldsMoreThanItsMaximum) {
    RestartBudget budget;
    MonotonicTime now{};
    EXPECT_TRUE(budget.take({}, now));
    now += seconds(3600);
    int taken = 0;
    while (budget.take({}, now)) ++taken;
    EXPECT_EQ(taken, 3);
}

}  // namespace
}  // namespace hotreload
