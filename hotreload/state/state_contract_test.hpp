#pragma once
// For tests: what every StateStore must hold. A test program includes this once and names its
// stores:
//
//   INSTANTIATE_TEST_SUITE_P(Folder, StateContract, testing::Values(StateStoreMaker{…}));

#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/killed_child_test.h"
#include "hotreload/base/temp_folder_test.h"
#include "hotreload/state/state_session.h"
#include "hotreload/state/state_store.h"

namespace hotreload {

struct StateStoreMaker {
    std::string name;
    // The store that lives in this folder, made where it is missing; what it needs besides goes
    // with the last copy of the pointer. Called again for the same folder only when the store
    // before is gone; also in a forked child.
    std::function<std::shared_ptr<StateStore>(asio::io_context& loop,
                                              const std::filesystem::path& folder)>
        open;
};
inline std::ostream& operator<<(std::ostream& out, const StateStoreMaker& maker) {
    return out << maker.name;
}

class StateContract : public testing::TestWithParam<StateStoreMaker> {
protected:
    StateStore& store() {
        if (!store_) store_ = GetParam().open(loop_, folder_.path() / "state");
        return *store_;
    }
    void reopen() { store_.reset(); }
    template <class T>
    T wait(Task<T> task) {
        return run_to_end(loop_, std::move(task));
    }
    void commit(const std::string& plugin, StateChanges changes) {
        const auto done = wait(store().commit(plugin, std::move(changes)));
        ASSERT_TRUE(done) << done.error().reason;
    }
    std::string shown(const std::string& plugin) {
        const auto state = wait(store().read(plugin));
        if (!state) return "error: " + state.error().reason;
        const json::object values(state->values.begin(), state->values.end());
        return std::to_string(state->version) + " " + json::serialize(values);
    }
    static constexpr int values_of_each = 20;
    using Write = std::function<Task<Result<void, StateError>>(StateStore&, std::int64_t number)>;
    void kill_while_writing(const std::vector<std::string>& plugins, const Write& write);
    std::string refusal(const std::string& plugin, StateChanges changes) {
        const auto done = wait(store().commit(plugin, std::move(changes)));
        return done ? "accepted" : done.error().reason;
    }

    TempFolder folder_;
    asio::io_context loop_;
    std::shared_ptr<StateStore> store_;
};

TEST_P(StateContract, WhoNeverKeptAnythingHasNothing) {
    EXPECT_EQ(shown("p"), "0 {}");
    EXPECT_EQ(*wait(store().get("p", "a")), std::nullopt);
    EXPECT_THAT(*wait(store().keys("p")), testing::IsEmpty());
}

TEST_P(StateContract, ChangesAreThereAtOnceAndAfterAStart) {
    commit("p", {{"a", 1}, {"b", json::object{{"deep", {1, nullptr, "x"}}}}, {"c", nullptr}});
    commit("p", {{"a", 2}, {"d", "new"}, {"c", std::nullopt}, {"never was", std::nullopt}});
    for (int start = 0; start < 2; ++start, reopen()) {
        EXPECT_EQ(shown("p"), R"(0 {"a":2,"b":{"deep":[1,null,"x"]},"d":"new"})");
        EXPECT_EQ(*wait(store().get("p", "a")), json::value(2));
        EXPECT_EQ(*wait(store().get("p", "c")), std::nullopt);
        EXPECT_THAT(*wait(store().keys("p")), testing::ElementsAre("a", "b", "d"));
        EXPECT_EQ(shown("q"), "0 {}") << "plugins do not see each other's state";
    }
}

TEST_P(StateContract, ValuesComeBackAsTheyWere) {
    const std::vector<json::value> values{nullptr,
                                          true,
                                          0,
                                          std::numeric_limits<std::int64_t>::min(),
                                          std::numeric_limits<std::uint64_t>::max(),
                                          0.1,
                                          1.0,
                                          -2.5e-300,
                                          "",
                                          "quote \" back \\ line\n \xe2\x82\xac \xf0\x9f\x98\x80",
                                          json::array(),
                                          json::object(),
                                          json::array{json::object{{"", json::array{1}}}}};
    for (const auto& value : values) {
        commit("p", {{"key", value}});
        reopen();
        const auto back = wait(store().get("p", "key"));
        ASSERT_TRUE(back && *back) << json::serialize(value);
        EXPECT_EQ(**back, value);
        EXPECT_EQ((*back)->is_double(), value.is_double()) << json::serialize(value);
    }
}

TEST_P(StateContract, KeysAreAnyText) {
    const std::vector<std::string> keys{
        " ",       "A",        "a",
        "a%",      "a'b\"c",   "a/../b",
        ".engine", "\xc3\xa4", std::string(state_key_bytes_max, 'k')};
    StateChanges changes;
    for (const auto& key : keys) changes.emplace(key, key.size());
    commit("p", changes);
    reopen();
    auto sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(*wait(store().keys("p")), sorted);
    for (const auto& key : keys) EXPECT_EQ(*wait(store().get("p", key)), json::value(key.size()));
}

TEST_P(StateContract, ReplaceExchangesAllOfIt) {
    commit("p", {{"a", 1}, {"b", 2}});
    commit("q", {{"a", 1}});
    const auto done = wait(store().replace("p", {.version = 3, .values = {{"b", 4}, {"c", 5}}}));
    ASSERT_TRUE(done) << done.error().reason;
    EXPECT_EQ(shown("p"), R"(3 {"b":4,"c":5})");
    commit("p", {{"b", std::nullopt}});
    reopen();
    EXPECT_EQ(shown("p"), R"(3 {"c":5})") << "a commit leaves the version";
    EXPECT_EQ(shown("q"), R"(0 {"a":1})");
    EXPECT_TRUE(wait(store().replace("p", {.version = -1, .values = {}})));
    EXPECT_EQ(shown("p"), "-1 {}");
}

TEST_P(StateContract, ReplacesSeveralOrNone) {
    commit("p", {{"a", 1}});
    commit("q", {{"a", 2}});
    std::map<std::string, PluginState> states{{"p", {.version = 2, .values = {{"b", 3}}}},
                                              {"q", {.version = 3, .values = {}}},
                                              {"r", {.version = 4, .values = {{"c", 4}}}}};
    auto broken = states;
    broken["q"].values.emplace("b", json::string(state_value_bytes_max - 1, 'x'));
    EXPECT_FALSE(wait(store().replace_all(broken)));
    for (int start = 0; start < 2; ++start, reopen())
        EXPECT_EQ(shown("p") + shown("q") + shown("r"), R"(0 {"a":1}0 {"a":2}0 {})");
    EXPECT_TRUE(wait(store().replace_all(states)));
    for (int start = 0; start < 2; ++start, reopen())
        EXPECT_EQ(shown("p") + shown("q") + shown("r"), R"(2 {"b":3}3 {}4 {"c":4})");
    EXPECT_TRUE(wait(store().replace_all({})));
}

// They are the engine's marks, and may be written while a migration is on its way.
TEST_P(StateContract, ReservedKeysOutliveAReplacement) {
    commit("p", {{"a", 1}, {".mark", 5}});
    EXPECT_TRUE(wait(store().replace("p", {.version = 1, .values = {{"b", 2}, {".mark", 1}}})));
    EXPECT_EQ(shown("p"), R"(1 {".mark":5,"b":2})");
}

TEST_P(StateContract, ABrokenBoundRefusesTheWholeChange) {
    commit("p", {{"a", 1}});
    const std::string long_key(state_key_bytes_max + 1, 'k');
    EXPECT_NE(refusal("p", {{"a", 2}, {long_key, 1}}), "accepted");
    const json::string largest(state_value_bytes_max - 2, 'x');  // with its quotes
    const json::string larger(state_value_bytes_max - 1, 'x');
    EXPECT_NE(refusal("p", {{"a", 2}, {"b", larger}}), "accepted");
    EXPECT_NE(refusal("p", {{"a", 2}, {"b", std::numeric_limits<double>::infinity()}}), "accepted");
    EXPECT_FALSE(wait(store().replace("p", {.version = 1, .values = {{"b", larger}}})));
    EXPECT_EQ(shown("p"), R"(0 {"a":1})");
    EXPECT_EQ(refusal("p", {{"b", largest}}), "accepted");
}

TEST_P(StateContract, TheNumberOfKeysIsBounded) {
    StateChanges changes;
    for (std::size_t i = 0; i < state_keys_max; ++i) changes.emplace(std::to_string(i), 1);
    commit("p", changes);
    EXPECT_NE(refusal("p", {{"0", 2}, {"one more", 1}}), "accepted");
    EXPECT_EQ(*wait(store().get("p", "0")), json::value(1));
    EXPECT_EQ(refusal("p", {{"0", std::nullopt}, {"one more", 1}}), "accepted");
    EXPECT_EQ(refusal("p", {{"1", 2}}), "accepted");
    PluginState state{.version = 1, .values = {{"one more", 1}}};
    for (const auto& [key, value] : changes) state.values.emplace(key, *value);
    EXPECT_FALSE(wait(store().replace("p", state)));
    reopen();
    EXPECT_EQ(wait(store().keys("p"))->size(), state_keys_max);
}

// Two generations may be at work at once: one drains while the next one serves.
TEST_P(StateContract, TwoSessionsLoseNothing) {
    StateSession first(store(), "p");
    StateSession second(store(), "p");
    ASSERT_TRUE(wait(first.set("both", "first")));
    ASSERT_TRUE(wait(first.set("only first", 1)));
    ASSERT_TRUE(wait(second.set("both", "second")));
    ASSERT_TRUE(wait(second.set("only second", 2)));
    EXPECT_EQ(*wait(second.get("only first")), std::nullopt) << "not committed yet";
    commit("p", first.take_changes());
    EXPECT_EQ(*wait(second.get("only first")), json::value(1));
    EXPECT_EQ(*wait(second.get("both")), json::value("second")) << "its own change";
    commit("p", second.take_changes());
    EXPECT_EQ(shown("p"), R"(0 {"both":"second","only first":1,"only second":2})");
}

TEST_P(StateContract, CallsThatOverlapAllCount) {
    constexpr int commits = 50;
    int done = 0;
    for (int i = 0; i < commits; ++i) {
        StateChanges changes{{std::to_string(i), i}, {"last", i}};
        asio::co_spawn(loop_, store().commit("p", std::move(changes)),
                       [&](const std::exception_ptr& error, const auto& result) {
                           done += !error && result ? 1 : 0;
                       });
    }
    ASSERT_TRUE(run_dry(loop_));
    EXPECT_EQ(done, commits);
    reopen();
    EXPECT_EQ(wait(store().keys("p"))->size(), commits + 1U);
}

// A child writes in a loop until it is killed: what it was told to be kept is kept, and what is
// there is the work of one write, whole, of all the plugins that it concerned.
inline void StateContract::kill_while_writing(const std::vector<std::string>& plugins,
                                              const Write& write) {
    constexpr int rounds = 50;
    std::mt19937 random(11);
    std::int64_t reached = 0;
    // How long a start and a commit take is the disk's affair.
    const Stopwatch watch;
    commit("other", {{"a", 1}});
    const auto span =
        std::max<std::chrono::nanoseconds>(std::chrono::milliseconds(40), 4 * watch.total());
    for (int round = 0; round < rounds; ++round) {
        reopen();
        auto next = reached;
        std::shared_ptr<StateStore> its_store;
        asio::io_context its_loop;
        int told[2];
        ASSERT_EQ(::pipe(told), 0);
        const UniqueFd told_here(told[0]);
        UniqueFd told_there(told[1]);
        const std::chrono::nanoseconds moment(random() % span.count());
        ASSERT_TRUE(killed_midway(moment, [&] {
            if (!its_store) its_store = GetParam().open(its_loop, folder_.path() / "state");
            const auto kept = run_to_end(its_loop, write(*its_store, ++next));
            return kept && ::write(told_there.get(), &next, sizeof next) == sizeof next;
        }));
        told_there.reset();
        std::int64_t confirmed = reached;
        while (::read(told_here.get(), &confirmed, sizeof confirmed) == sizeof confirmed) {
        }
        std::set<std::int64_t> here;
        for (const auto& plugin : plugins) {
            const auto state = wait(store().read(plugin));
            ASSERT_TRUE(state) << state.error().reason;
            if (state->values.empty()) here.insert(0);
            for (const auto& [key, value] : state->values) here.insert(value.as_int64());
        }
        ASSERT_EQ(here.size(), 1U) << "half of a write";
        ASSERT_GE(*here.begin(), confirmed) << "what had completed was lost";
        ASSERT_LE(*here.begin(), confirmed + 1);
        reached = *here.begin();
    }
    EXPECT_GT(reached, 0) << "no child came far enough to write anything";
}

TEST_P(StateContract, AKilledProcessLeavesACommittedState) {
    kill_while_writing({"p"}, [](StateStore& store, std::int64_t number) {
        StateChanges changes;
        for (int i = 0; i < values_of_each; ++i) changes.emplace(std::to_string(i), number);
        return store.commit("p", std::move(changes));
    });
}

TEST_P(StateContract, AKilledProcessLeavesAllOrNothingOfAReplacementOfSeveral) {
    kill_while_writing({"p", "q", "r"}, [](StateStore& store, std::int64_t number) {
        std::map<std::string, PluginState> states;
        for (const auto* plugin : {"p", "q", "r"})
            for (int i = 0; i < values_of_each; ++i)
                states[plugin].values.emplace(std::to_string(i), number);
        return store.replace_all(std::move(states));
    });
}

}  // namespace hotreload
