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

}  // namespace
}  // namespace tgstats
