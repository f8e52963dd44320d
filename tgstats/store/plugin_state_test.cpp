#include "tgstats/store/plugin_state.h"

#include <gtest/gtest.h>

#include "hotreload/state/state_contract_test.hpp"
#include "tgstats/store/store_fixture.h"

namespace hotreload {

// Its own thread and file for each; the loop outlives it.
struct HeldStates {
    HeldStates(asio::io_context& loop, const std::filesystem::path& folder)
        : thread(loop.get_executor(), std::move(*tgstats::Store::open(folder))), states(thread) {}
    tgstats::StoreThread thread;
    tgstats::PluginStates states;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StateContract,
                         testing::Values(StateStoreMaker{
                             "Sqlite",
                             [](asio::io_context& loop, const std::filesystem::path& folder) {
                                 auto held = std::make_shared<HeldStates>(loop, folder);
                                 return std::shared_ptr<StateStore>(held, &held->states);
                             }}),
                         testing::PrintToStringParamName());

}  // namespace hotreload

namespace tgstats {
namespace {

class PluginStateTest : public StoreTest {
protected:
    PluginStateTest() { thread.emplace(loop.get_executor(), std::move(*store)); }

    template <class T>
    T run(Task<T> task) {
        return hotreload::run_to_end(loop, std::move(task));
    }
    void restart() {
        thread.reset();
        reopen();
        thread.emplace(loop.get_executor(), std::move(*store));
    }

    asio::io_context loop;
    std::optional<StoreThread> thread;
};

TEST_F(PluginStateTest, KeepsWhatWasCommittedAndTheVersion) {
    PluginStates states(*thread);
    EXPECT_EQ(run(states.read("words"))->version, 0);
    EXPECT_TRUE(run(states.commit("words", {{"a", 1}, {"b", "two"}})));
    EXPECT_TRUE(run(states.commit("words", {{"a", std::nullopt}, {"c", {{"d", nullptr}}}})));
    EXPECT_TRUE(run(states.commit("other", {{"a", 7}})));
    restart();
    PluginStates again(*thread);
    EXPECT_FALSE(run(again.get("words", "a"))->has_value());
    EXPECT_EQ(**run(again.get("words", "b")), "two");
    EXPECT_TRUE(run(again.replace("words", {.version = 3, .values = {{"e", 5}}})));
    EXPECT_TRUE(run(again.commit("words", {{"f", 6}})));
    const auto state = run(again.read("words"));
    EXPECT_EQ(state->version, 3);
    EXPECT_EQ(state->values, (std::map<std::string, boost::json::value>{{"e", 5}, {"f", 6}}));
    EXPECT_EQ(**run(again.get("other", "a")), 7);
}

// What was read before a group became a supergroup is written afterwards: by a migration of the
// state, by a handler that was at work, and by one that still hears of the old group.
TEST_F(PluginStateTest, WhatBelongsToAGroupThatHasMovedIsKeptOfTheNewOne) {
    PluginStates states(*thread);
    EXPECT_TRUE(run(states.commit("visits", {{"v/-5", 2}, {"v/-55", 7}, {"v/--5", 8}})));
    auto before = *run(states.read("visits"));
    auto move = [](Store& opened) {
        opened.put_chat({-5, "group", "G", "", false});
        opened.migrate_chat(-5, -1002);
    };
    run(thread->run(move));
    EXPECT_EQ(**run(states.get("visits", "v/-1002")), 2);

    before.version = 1;
    EXPECT_TRUE(run(states.replace("visits", before)));
    EXPECT_EQ(run(states.read("visits"))->values, (std::map<std::string, boost::json::value>{
                                                      {"v/-1002", 2}, {"v/-55", 7}, {"v/--5", 8}}));
    EXPECT_TRUE(run(states.commit("visits", {{"v/-5", 3}})));
    EXPECT_EQ(**run(states.get("visits", "v/-1002")), 3);
    restart();
    PluginStates again(*thread);
    EXPECT_EQ(**run(again.get("visits", "v/-5")), 3) << "who still asks for the old group";
    EXPECT_TRUE(run(again.commit("visits", {{"v/-5", 4}, {"v/-1002", 5}})));
    EXPECT_EQ(**run(again.get("visits", "v/-5")), 5) << "the new group's own is newer";
    EXPECT_TRUE(run(again.commit("visits", {{"v/-5", std::nullopt}})));
    EXPECT_FALSE(run(again.get("visits", "v/-1002"))->has_value());
}

}  // namespace
}  // namespace tgstats
