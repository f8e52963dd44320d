#include "tgstats/settings/chat_turns.h"

#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/task_group.h"

namespace tgstats {
namespace {

namespace asio = hotreload::asio;
using hotreload::run_to_end;

constexpr hotreload::Millis deadline{60'000};

struct Walk {
    asio::io_context loop;
    ChatTurns turns{loop.get_executor()};
    hotreload::TaskGroup tasks{loop.get_executor(), [](auto&, auto&) { ADD_FAILURE(); }};
    std::vector<int> order;
    std::shared_ptr<const void> held;

    Task<void> pass(std::int64_t chat, int number) {
        const auto turn = co_await turns.enter(chat);
        order.push_back(number);
    }
    Task<void> hold(std::int64_t chat) { held = co_await turns.enter(chat); }
};

TEST(ChatTurnsTest, OneAtATimeInOrderOfArrivalInEachChat) {
    Walk walk;
    run_to_end(walk.loop, walk.hold(1));
    for (int number = 1; number <= 3; ++number) walk.tasks.spawn("one", walk.pass(1, number));
    run_to_end(walk.loop, walk.pass(2, 9));
    EXPECT_EQ(walk.order, std::vector<int>{9}) << "another chat is not held up";
    walk.held.reset();
    run_to_end(walk.loop, walk.tasks.joined(deadline));
    EXPECT_EQ(walk.order, (std::vector<int>{9, 1, 2, 3}));
}

TEST(ChatTurnsTest, WhoGivesUpWaitingHoldsUpNobody) {
    Walk walk;
    run_to_end(walk.loop, walk.hold(1));
    const auto given_up = walk.tasks.spawn("gives up", walk.pass(1, 1));
    walk.tasks.spawn("waits", walk.pass(1, 2));
    run_to_end(walk.loop, walk.pass(2, 9));
    given_up.cancel();
    run_to_end(walk.loop, walk.pass(2, 8));
    EXPECT_TRUE(given_up.done());
    walk.held.reset();
    run_to_end(walk.loop, walk.tasks.joined(deadline));
    EXPECT_EQ(walk.order, (std::vector<int>{9, 8, 2}));
}

}  // namespace
}  // namespace tgstats
