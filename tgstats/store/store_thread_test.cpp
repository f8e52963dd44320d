#include "tgstats/store/store_thread.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

using ThreadTest = StoreTest;

Task<void> use_thread(StoreThread& thread, std::vector<std::string>& seen) {
    auto title = co_await thread.run([](Store& store) { return store.chat(chat)->title; });
    seen.push_back(title);
    co_await thread.run(
        [](Store& store) { store.put_chat({chat, "supergroup", "New", "", false}); });
    try {
        co_await thread.run([](Store& store) { store.database().execute("SELECT nonsense"); });
    } catch (const SqlError& error) {
        seen.emplace_back("SqlError");
    }
    const auto shared = std::make_shared<std::string>("captured");
    for (int i = 0; i < 100; ++i) {
        auto measure = [shared, text = std::string(100, 'x')](Store&) {
            return shared->size() + text.size();
        };
        auto length = co_await thread.run(measure);
        if (length != 108U) seen.push_back("wrong length");
    }
    seen.push_back(std::to_string(shared.use_count()) + " owner");
    auto owned = co_await thread.run([](Store&) { return std::make_unique<int>(7); });
    seen.push_back(std::to_string(*owned));
}

TEST_F(ThreadTest, ThreadCarriesResultsAndExceptions) {
    asio::io_context loop;
    std::vector<std::string> seen;
    bool done = false;
    {
        StoreThread thread(loop.get_executor(), std::move(*store));
        asio::co_spawn(loop, use_thread(thread, seen),
                       [&](const std::exception_ptr& error) { done = !error; });
        loop.run_for(std::chrono::seconds(120));
    }
    store.reset();
    EXPECT_TRUE(done);
    EXPECT_EQ(seen, (std::vector<std::string>{"Test", "SqlError", "1 owner", "7"}));
}

TEST_F(ThreadTest, FullQueueIsRefused) {
    asio::io_context loop;
    int busy = 0;
    StoreThread thread(loop.get_executor(), std::move(*store), 0);
    asio::co_spawn(loop, thread.run([](Store&) {}), [&](const std::exception_ptr& error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const StoreBusy&) {
            ++busy;
        }
    });
    loop.run_for(std::chrono::seconds(120));
    EXPECT_EQ(busy, 1);
}

}  // namespace
}  // namespace tgstats
