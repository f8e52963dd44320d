#include "tgstats/store/plugin_state.h"

#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "tgstats/store/store_fixture.h"

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

TEST_F(PluginStateTest, WhatBreaksABoundIsRefusedWhole) {
    PluginStates states(*thread);
    const std::string large(hotreload::state_value_bytes_max, 'x');
    EXPECT_FALSE(run(states.commit("words", {{"a", 1}, {"b", boost::json::value(large)}})));
    EXPECT_FALSE(run(states.commit(
        "words", {{"a", 1}, {std::string(hotreload::state_key_bytes_max + 1, 'k'), 1}})));
    EXPECT_TRUE(run(states.read("words"))->values.empty());
    PluginState many;
    for (std::size_t i = 0; i < hotreload::state_keys_max; ++i)
        many.values.emplace("key" + std::to_string(i), 1);
    EXPECT_TRUE(run(states.replace("words", many)));
    EXPECT_TRUE(run(states.commit("words", {{"key0", 2}})));
    const auto refused = run(states.commit("words", {{"key0", 3}, {"one more", 1}}));
    ASSERT_TRUE(refused.has_error());
    EXPECT_NE(refused.error().reason.find("10000 keys"), std::string::npos);
    EXPECT_EQ(**run(states.get("words", "key0")), 2);
}

}  // namespace
}  // namespace tgstats
