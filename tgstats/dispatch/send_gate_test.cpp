#include "tgstats/dispatch/send_gate.h"

#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/task_group.h"

namespace tgstats {
namespace {

using hotreload::run_to_end;

constexpr std::int64_t full_group = -7;
constexpr Millis gate_deadline{30'000};

class SendGateTest : public testing::Test {
protected:
    static Sending message() { return {Sending::Kind::message, full_group, 1}; }
    // Takes all that the full_group may have this minute; gives the passes back.
    void fill() {
        for (std::size_t i = 0; i < rate_of_group.messages; ++i)
            EXPECT_TRUE(gate.try_pass(message(), true));
    }
    asio::io_context loop;
    SendGate gate{loop.get_executor(), true};
};

TEST_F(SendGateTest, PassesAreGivenWhileThereIsRoom) {
    fill();
    EXPECT_FALSE(gate.try_pass(message(), true));
    EXPECT_EQ(gate.waiting(), 0U);
    EXPECT_TRUE(gate.try_pass({Sending::Kind::edit, full_group, 1}, true));
}

TEST_F(SendGateTest, WhoWaitsTooLongGetsNone) {
    fill();
    const auto number = gate.ask(message(), true);
    EXPECT_EQ(gate.waiting(), 1U);
    const auto pass = run_to_end(loop, gate.wait(number, hotreload::monotonic_now()));
    EXPECT_FALSE(pass.has_value());
    EXPECT_EQ(gate.waiting(), 0U);
}

TEST_F(SendGateTest, APauseEndsByItself) {
    auto pass = gate.try_pass(message(), true);
    pass->refused(Millis{20});
    pass.reset();
    EXPECT_FALSE(gate.try_pass(message(), true));
    const auto number = gate.ask(message(), false);
    const auto later =
        run_to_end(loop, gate.wait(number, hotreload::deadline_after(gate_deadline)));
    EXPECT_TRUE(later.has_value());
}

TEST_F(SendGateTest, WhoIsCancelledGivesThePlaceBack) {
    fill();
    hotreload::TaskGroup tasks(loop.get_executor(), nullptr);
    const auto number = gate.ask(message(), true);
    tasks.spawn("wait", [](SendGate& at, SendGate::Number its) -> Task<void> {
        const auto pass = co_await at.wait(its, MonotonicTime::max());
        EXPECT_FALSE(pass.has_value());
    }(gate, number));
    loop.poll();
    tasks.cancel();
    run_to_end(loop, tasks.joined(gate_deadline));
    EXPECT_EQ(gate.waiting(), 0U);
}

}  // namespace
}  // namespace tgstats
