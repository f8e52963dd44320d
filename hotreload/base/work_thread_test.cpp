#include "hotreload/base/work_thread.h"

#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"

namespace hotreload {
namespace {

Task<std::string> concatenated(WorkThread& thread, std::string text) {
    auto work = [text] { return text + " done"; };
    auto result = co_await thread.run(work);
    co_return result;
}

TEST(WorkThread, BringsTheResultBackToTheLoop) {
    asio::io_context loop;
    WorkThread thread;
    EXPECT_EQ(run_to_end(loop, concatenated(thread, "a text that is longer than short ones")),
              "a text that is longer than short ones done");
    std::thread::id worker;
    std::thread::id after;
    run_to_end(loop, [](WorkThread& its, std::thread::id& in, std::thread::id& back) -> Task<void> {
        auto work = [] { return std::this_thread::get_id(); };
        in = co_await its.run(work);
        back = std::this_thread::get_id();
    }(thread, worker, after));
    EXPECT_NE(worker, std::this_thread::get_id());
    EXPECT_EQ(after, std::this_thread::get_id());
}

TEST(WorkThread, BringsTheExceptionBack) {
    asio::io_context loop;
    WorkThread thread;
    const auto failing = [](WorkThread& its) -> Task<int> {
        auto work = []() -> int { throw std::runtime_error("disk gone"); };
        auto value = co_await its.run(work);
        co_return value;
    };
    EXPECT_THROW(run_to_end(loop, failing(thread)), std::runtime_error);
}

Task<void> note(WorkThread& thread, std::vector<int>& order, int number) {
    auto work = [&order, number] {
        order.push_back(number);
        return true;
    };
    co_await thread.run(work);
}

TEST(WorkThread, WorksInOrderAndFinishesBeforeItGoes) {
    std::vector<int> order;
    asio::io_context loop;
    {
        WorkThread thread;
        for (int number = 0; number < 5; ++number)
            asio::co_spawn(loop, note(thread, order, number), [](const std::exception_ptr&) {});
        loop.poll();
    }
    EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4));
    EXPECT_TRUE(run_dry(loop)) << "results nobody waits for are dropped";
}

TEST(WorkThread, TooMuchWaitingWorkIsRefused) {
    std::vector<int> order;
    asio::io_context loop;
    std::size_t refused = 0;
    {
        WorkThread thread;
        std::promise<void> begun, go;
        const auto wait = [](WorkThread& its, std::promise<void>& begins,
                             std::shared_future<void> told) -> Task<void> {
            auto work = [&begins, told] {
                begins.set_value();
                return told.wait_for(test_deadline);
            };
            co_await its.run(work);
        };
        const auto count = [&](const std::exception_ptr& error) { refused += error ? 1 : 0; };
        asio::co_spawn(loop, wait(thread, begun, go.get_future().share()), count);
        loop.poll();
        // From now on it is at work, and does not wait.
        ASSERT_EQ(begun.get_future().wait_for(test_deadline), std::future_status::ready);
        for (std::size_t i = 0; i < work_queue_max + 10; ++i)
            asio::co_spawn(loop, note(thread, order, 0), count);
        loop.restart();
        loop.poll();
        EXPECT_EQ(refused, 10U);
        go.set_value();
    }
    EXPECT_TRUE(run_dry(loop));
}

}  // namespace
}  // namespace hotreload
