#include "hotreload/base/task_group.h"

#include <stdexcept>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"

namespace hotreload {
namespace {

Task<void> sleep_for(Millis time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

Task<void> fail() {
    co_await sleep_for(Millis(0));
    throw std::runtime_error("broken");
}

struct TaskGroupTest : testing::Test {
    asio::io_context loop{1};
    std::vector<std::string> failed;
    TaskGroup group{
        loop.get_executor(),
        [this](const std::string& name, const std::exception_ptr&) { failed.push_back(name); }};
};

TEST_F(TaskGroupTest, JoinsWhenAllHaveEnded) {
    const auto first = group.spawn("first", sleep_for(Millis(1)));
    group.spawn("second", sleep_for(Millis(2)));
    EXPECT_EQ(group.size(), 2u);
    EXPECT_FALSE(first.done());
    EXPECT_TRUE(run_to_end(loop, group.joined(test_deadline)));
    EXPECT_TRUE(first.done());
    EXPECT_EQ(group.size(), 0u);
    EXPECT_TRUE(failed.empty());
}

TEST_F(TaskGroupTest, AnExceptionEndsOneTaskAndIsReported) {
    group.spawn("bad", fail());
    const auto good = group.spawn("good", sleep_for(Millis(1)));
    EXPECT_TRUE(run_to_end(loop, group.joined(test_deadline)));
    EXPECT_TRUE(good.done());
    EXPECT_EQ(failed, std::vector<std::string>{"bad"});
}

TEST_F(TaskGroupTest, CancelEndsAllAndIsNoError) {
    group.spawn("long", sleep_for(test_deadline * 10));
    group.spawn("longer", sleep_for(test_deadline * 20));
    EXPECT_FALSE(run_to_end(loop, group.joined(Millis(5))));
    group.cancel();
    EXPECT_TRUE(run_to_end(loop, group.joined(test_deadline)));
    EXPECT_TRUE(failed.empty());
}

TEST_F(TaskGroupTest, AHandleCancelsItsOwnTaskOnly) {
    const auto one = group.spawn("one", sleep_for(test_deadline * 10));
    const auto other = group.spawn("other", sleep_for(test_deadline * 10));
    EXPECT_FALSE(run_to_end(loop, group.joined(Millis(5))));
    one.cancel();
    EXPECT_FALSE(run_to_end(loop, group.joined(Millis(5))));
    EXPECT_TRUE(one.done());
    EXPECT_FALSE(other.done());
    one.cancel();
    other.cancel();
    EXPECT_TRUE(run_to_end(loop, group.joined(test_deadline)));
}

TEST_F(TaskGroupTest, ATaskCancelledBeforeItsFirstStepNeverRuns) {
    bool ran = false;
    const auto step = [](bool& flag) -> Task<void> {
        co_await sleep_for(Millis(0));
        flag = true;
    };
    group.spawn("early", step(ran)).cancel();
    EXPECT_TRUE(run_to_end(loop, group.joined(test_deadline)));
    EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace hotreload
