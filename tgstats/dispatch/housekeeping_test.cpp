#include "tgstats/dispatch/housekeeping.h"

#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/task_group.h"
#include "hotreload/base/temp_folder_test.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

using hotreload::run_to_end;
using Names = std::vector<std::string>;

class HousekeepingTest : public testing::Test {
protected:
    HousekeepingTest()
        : events(loop.get_executor()),
          store(loop.get_executor(), std::move(*Store::open(folder.path()))),
          tasks(loop.get_executor(), [](const std::string& name, const std::exception_ptr&) {
              ADD_FAILURE() << name << " ended";
          }) {}
    ~HousekeepingTest() override {
        tasks.cancel();
        run_to_end(loop, tasks.joined(hotreload::test_deadline));
    }

    void start(Housekeeping::Times times) {
        keeping = std::make_unique<Housekeeping>(
            Housekeeping::Parts{.executor = loop.get_executor(),
                                .store = store,
                                .events = events,
                                .readers = [this] { return readers(); },
                                .on_forgotten =
                                    [this](const Names& names) {
                                        ++turns;
                                        for (const auto& name : names) forgotten.push_back(name);
                                    }},
            times);
        tasks.spawn("housekeeping", keeping->run());
    }
    Task<Names> readers() { co_return here; }
    template <class Work>
    auto with_store(Work work) {
        return run_to_end(loop, store.run(work));
    }
    void until_turns(int wanted) {
        const auto deadline = hotreload::deadline_after(hotreload::test_deadline);
        for (loop.restart(); turns < wanted && loop.run_one_until(deadline) > 0;) {
        }
        ASSERT_GE(turns, wanted);
    }
    // An update that was dealt with long ago.
    void put_old(std::int64_t id, std::int64_t age_s = journal_keep_s + 5) {
        with_store([id, age_s](Store& opened) {
            journal_append(opened, {0, id, -5, "message", "{}"}, hotreload::unix_now() - age_s);
            journal_mark_handled(opened, id);
        });
    }
    std::size_t bodies() {
        return with_store([](Store& opened) { return journal_after(opened, 0, 100).size(); });
    }
    [[nodiscard]] std::size_t told(std::string_view name) const {
        std::size_t count = 0;
        for (const auto& event : events.after(0, 1000).events) count += event.name() == name;
        return count;
    }

    hotreload::TempFolder folder;
    asio::io_context loop;
    hotreload::EventLog events;
    StoreThread store;
    Names here;
    Names forgotten;
    int turns = 0;
    std::unique_ptr<Housekeeping> keeping;
    hotreload::TaskGroup tasks;
};

// A bot that is started anew more often than hourly would never come to it.
TEST_F(HousekeepingTest, BeginsSoonAfterTheStart) {
    put_old(1);
    here = {"present"};
    with_store([](Store& opened) {
        const auto long_ago = hotreload::unix_now() - cursor_keep_s - 5;
        set_cursor(opened, "gone", 1, long_ago);
        set_cursor(opened, "present", 1, long_ago);
    });
    start({.first = Millis{1}, .period = Millis{3'600'000}, .after_fault = Millis{3'600'000}});
    until_turns(1);
    EXPECT_EQ(forgotten, Names{"gone"});
    EXPECT_EQ(bodies(), 0U);
    EXPECT_EQ(with_store([](Store& opened) { return cursor(opened, "present"); }), 1);
}

TEST_F(HousekeepingTest, WhatIsOldGoesWithItsNumber) {
    for (const int id : {1, 2}) put_old(id, update_keep_s + 5);
    put_old(3);
    put_old(4, 5);
    start({.first = Millis{1}, .period = Millis{1}, .after_fault = Millis{1}});
    until_turns(2);
    const auto known = with_store([](Store& opened) {
        auto rows = opened.database().prepare("SELECT group_concat(update_id) FROM journal");
        return rows.step() ? std::string(rows.text(0)) : std::string();
    });
    EXPECT_EQ(known, "3,4");
}

TEST_F(HousekeepingTest, GoesOnAfterAFaultOfTheStore) {
    put_old(1);
    with_store([](Store& opened) {
        opened.database().execute(
            "CREATE TRIGGER fault BEFORE UPDATE OF body ON journal"
            " BEGIN SELECT RAISE(ABORT, 'no'); END");
    });
    start({.first = Millis{1}, .period = Millis{1}, .after_fault = Millis{1}});
    const auto deadline = hotreload::deadline_after(hotreload::test_deadline);
    for (loop.restart(); told("housekeeping_failed") == 0 && loop.run_one_until(deadline) > 0;) {
    }
    EXPECT_GE(told("housekeeping_failed"), 1U);
    EXPECT_EQ(bodies(), 1U);
    with_store([](Store& opened) { opened.database().execute("DROP TRIGGER fault"); });
    until_turns(2);
    EXPECT_EQ(bodies(), 0U);
}

}  // namespace
}  // namespace tgstats
