#include "hotreload/base/gate.h"

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"

namespace hotreload {
namespace {

struct GateTest : testing::Test {
    asio::io_context loop{1};
    Gate gate{loop.get_executor()};
};

TEST_F(GateTest, CountsWhoIsInside) {
    auto first = gate.enter();
    {
        const auto second = gate.enter();
        EXPECT_TRUE(second.valid());
        EXPECT_EQ(gate.inside(), 2u);
    }
    EXPECT_EQ(gate.inside(), 1u);
    Gate::Pass moved(std::move(first));
    EXPECT_EQ(gate.inside(), 1u);
    moved = gate.enter();
    EXPECT_EQ(gate.inside(), 1u);
}

TEST_F(GateTest, NobodyEntersAfterClose) {
    gate.close();
    EXPECT_FALSE(gate.enter().valid());
    EXPECT_EQ(gate.inside(), 0u);
    EXPECT_TRUE(run_to_end(loop, gate.drained(Millis(0))));
}

TEST_F(GateTest, DrainsWhenTheLastOneLeaves) {
    auto first = std::make_unique<Gate::Pass>(gate.enter());
    auto second = std::make_unique<Gate::Pass>(gate.enter());
    gate.close();
    std::size_t inside_when_posted = 0;
    asio::post(loop, [&] { first.reset(); });
    asio::post(loop, [&] {
        inside_when_posted = gate.inside();
        second.reset();
    });
    EXPECT_TRUE(run_to_end(loop, gate.drained(test_deadline)));
    EXPECT_EQ(inside_when_posted, 1u);
}

TEST_F(GateTest, AnOpenGateIsNotDrained) {
    EXPECT_FALSE(run_to_end(loop, gate.drained(Millis(1))));
}

TEST_F(GateTest, DrainEndsAtTheDeadline) {
    const auto pass = gate.enter();
    gate.close();
    EXPECT_FALSE(run_to_end(loop, gate.drained(Millis(5))));
    EXPECT_EQ(gate.inside(), 1u);
}

TEST_F(GateTest, APassMayOutliveItsGate) {
    Gate::Pass pass;
    {
        Gate brief(loop.get_executor());
        pass = brief.enter();
    }
    EXPECT_TRUE(pass.valid());
}

TEST_F(GateTest, AnEndlessDeadlineDoesNotOverflow) {
    auto pass = std::make_unique<Gate::Pass>(gate.enter());
    gate.close();
    asio::post(loop, [&] { pass.reset(); });
    EXPECT_TRUE(run_to_end(loop, gate.drained(Millis::max())));
}

}  // namespace
}  // namespace hotreload
