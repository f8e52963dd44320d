#include "hotreload/worker/turns.h"

#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/worker/arrival.h"
#include "hotreload/worker/worker_fixture.h"

namespace hotreload {
namespace {

using testing::ElementsAre;

class TurnsTest : public test::LoopTest {
protected:
    void take(int number, asio::cancellation_slot slot = {}) {
        asio::co_spawn(
            loop, turns.take(),
            asio::bind_cancellation_slot(slot, [this, number](const std::exception_ptr& error,
                                                              std::optional<Turns::Turn> turn) {
                if (error)
                    cancelled.push_back(number);
                else if (!turn)
                    refused.push_back(number);
                else
                    held.emplace_back(number, *std::move(turn));
            }));
        poll();
    }
    void poll() {
        loop.restart();
        loop.poll();
    }
    [[nodiscard]] std::vector<int> holders() const {
        std::vector<int> numbers;
        for (const auto& [number, turn] : held) numbers.push_back(number);
        return numbers;
    }
    void release() {
        held.clear();
        poll();
    }

    Turns turns{loop.get_executor(), 2};
    std::vector<std::pair<int, Turns::Turn>> held;
    std::vector<int> refused;
    std::vector<int> cancelled;
};

TEST_F(TurnsTest, OneAtATimeInOrder) {
    take(1);
    take(2);
    take(3);
    EXPECT_THAT(holders(), ElementsAre(1));
    release();
    EXPECT_THAT(holders(), ElementsAre(2));
    release();
    EXPECT_THAT(holders(), ElementsAre(3));
    release();
    take(4);
    EXPECT_THAT(holders(), ElementsAre(4));
}

TEST_F(TurnsTest, TheQueueIsBounded) {
    for (int i = 1; i <= 4; ++i) take(i);
    EXPECT_THAT(refused, ElementsAre(4));
    EXPECT_EQ(turns.waiting(), 2U);
}

TEST_F(TurnsTest, WhoIsCancelledLosesThePlace) {
    asio::cancellation_signal signal;
    take(1);
    take(2, signal.slot());
    take(3);
    signal.emit(asio::cancellation_type::terminal);
    poll();
    EXPECT_THAT(cancelled, ElementsAre(2));
    release();
    EXPECT_THAT(holders(), ElementsAre(3));
}

class ArrivalTest : public test::LoopTest {};

TEST_F(ArrivalTest, WaitsUntilTheValueOrTheDeadline) {
    Arrival<int> arrival(loop.get_executor());
    EXPECT_FALSE(run(arrival.wait(Millis(1))));
    std::vector<bool> seen_by;
    for (int i = 0; i < 2; ++i) {
        asio::co_spawn(loop, arrival.wait(),
                       [&](const std::exception_ptr&, bool there) { seen_by.push_back(there); });
    }
    loop.restart();
    loop.poll();
    EXPECT_TRUE(seen_by.empty());
    arrival.set(7);
    arrival.set(8);
    run_until([&] { return seen_by.size() == 2; });
    EXPECT_THAT(seen_by, ElementsAre(true, true));
    EXPECT_EQ(arrival.value(), 7);
    EXPECT_TRUE(run(arrival.wait(Millis(0))));
}

}  // namespace
}  // namespace hotreload
