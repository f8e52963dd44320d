#include "tgstats/settings/sweeper.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/task_group.h"
#include "hotreload/base/temp_folder_test.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/store/chat_policy.h"

namespace tgstats {
namespace {

static_assert(sweep_period == std::chrono::hours(24));

constexpr std::int64_t kept_chat = -5;
constexpr std::int64_t two_days_s = 2 * 86'400;
constexpr Millis sweeper_deadline{60'000};

Store with_retention(const std::filesystem::path& folder) {
    auto store = Store::open(folder);
    if (!store) throw std::runtime_error(store.error());
    store->put_chat({kept_chat, "group", "G", "", false});
    set_metadata_days(*store, kept_chat, 1);
    return std::move(*store);
}

class SweeperTest : public testing::Test {
protected:
    SweeperTest() : store(loop.get_executor(), with_retention(folder.path())) {
        events.add_sink([this](const hotreload::Event& event) {
            if (event.name() != "retention_swept") return;
            ++sweeps;
            deleted += std::get<std::int64_t>(*event.find("membership_changes"));
        });
    }
    ~SweeperTest() override {
        tasks.cancel();
        hotreload::run_to_end(loop, tasks.joined(sweeper_deadline));
    }
    void start(Millis period) {
        sweeper.emplace(loop.get_executor(), store, events, period);
        tasks.spawn("sweep", sweeper->run());
    }
    // Runs the loop until that is so.
    template <class Condition>
    bool reached(const Condition& condition) {
        loop.restart();
        const auto deadline = hotreload::monotonic_now() + sweeper_deadline;
        while (!condition() && hotreload::monotonic_now() < deadline) loop.run_one_for(Millis(100));
        return condition();
    }
    // Something that is older than is kept.
    void put_old(std::int64_t user_id) {
        auto work = [user_id](Store& opened) {
            opened.put_membership(
                {kept_chat, user_id, "member", hotreload::unix_now() - two_days_s});
        };
        hotreload::run_to_end(loop, store.run(work));
    }

    hotreload::TempFolder folder;
    asio::io_context loop;
    StoreThread store;
    hotreload::EventLog events{loop.get_executor()};
    std::optional<Sweeper> sweeper;
    hotreload::TaskGroup tasks{loop.get_executor(), [](auto&, auto&) { ADD_FAILURE(); }};
    int sweeps = 0;
    std::int64_t deleted = 0;
};

TEST_F(SweeperTest, DeletesAtTheStartAndAfterEachPeriodAlthoughNobodyAsks) {
    put_old(1);
    start(Millis(10));
    ASSERT_TRUE(reached([&] { return deleted == 1; }));
    for (std::int64_t one = 2; one <= 4; ++one) {
        put_old(one);
        ASSERT_TRUE(reached([&] { return deleted == one; })) << one;
    }
    EXPECT_GE(sweeps, 4);
}

TEST_F(SweeperTest, WithinThePeriodItComesOnlyWhenAsked) {
    start(sweep_period);
    ASSERT_TRUE(reached([&] { return sweeps == 1; }));
    for (std::int64_t one = 1; one <= 3; ++one) put_old(one);
    EXPECT_EQ(sweeps, 1);
    EXPECT_EQ(deleted, 0);
    sweeper->wake();
    ASSERT_TRUE(reached([&] { return sweeps == 2; }));
    EXPECT_EQ(deleted, 3);
}

}  // namespace
}  // namespace tgstats
