#include "hotreload/state/state_session.h"

#include <limits>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"

namespace hotreload {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// In memory; each call answers when the loop comes to it. Keeps the default of keys().
class MemoryStore : public StateStore {
public:
    Task<Result<PluginState, StateError>> read(std::string) override {
        co_await later();
        if (!failure.empty()) co_return StateError{failure};
        co_return state;
    }
    Task<Result<std::optional<json::value>, StateError>> get(std::string,
                                                             std::string key) override {
        ++gets;
        co_await later();
        if (!failure.empty()) co_return StateError{failure};
        const auto found = state.values.find(key);
        co_return found == state.values.end() ? std::optional<json::value>() : found->second;
    }
    Task<Result<void, StateError>> commit(std::string, StateChanges) override {
        co_return StateError{"a session never commits"};
    }
    Task<Result<void, StateError>> replace_all(std::map<std::string, PluginState>) override {
        co_return StateError{"a session never replaces"};
    }

    PluginState state;
    std::string failure;
    int gets = 0;

private:
    static Task<void> later() {
        asio::steady_timer turn(co_await asio::this_coro::executor, Millis(0));
        co_await turn.async_wait(asio::use_awaitable);
    }
};

class StateSessionTest : public testing::Test {
protected:
    template <class T>
    T wait(Task<T> task) {
        return run_to_end(loop_, std::move(task));
    }
    std::string served(const std::string& method, const std::string& params) {
        const auto answer = wait(session_.serve(method, json::parse(params).as_object()));
        if (answer) return json::serialize(*answer);
        return (answer.error().refused ? "refused: " : "failed: ") + answer.error().reason;
    }
    std::string refused_set(const std::string& key, const json::value& value) {
        const auto done = wait(session_.set(key, value));
        if (done) return "accepted";
        return done.error().reason;
    }

    asio::io_context loop_;
    MemoryStore store_;
    StateSession session_{store_, "p"};
};

TEST_F(StateSessionTest, LaysItsOwnChangesOverTheStore) {
    store_.state.values = {{"a", 1}, {"b", 2}, {".engine", 3}};
    EXPECT_EQ(*wait(session_.get("a")), json::value(1));
    EXPECT_FALSE(session_.changed());
    ASSERT_TRUE(wait(session_.set("a", "mine")));
    ASSERT_TRUE(session_.remove("b"));
    ASSERT_TRUE(wait(session_.set("c", nullptr)));
    EXPECT_EQ(*wait(session_.get("a")), json::value("mine"));
    EXPECT_EQ(*wait(session_.get("b")), std::nullopt);
    EXPECT_EQ(*wait(session_.get("c")), json::value(nullptr));
    EXPECT_THAT(*wait(session_.keys("")), ElementsAre("a", "c"));
    EXPECT_TRUE(session_.changed());
    const auto changes = session_.take_changes();
    EXPECT_EQ(changes, (StateChanges{{"a", "mine"}, {"b", std::nullopt}, {"c", nullptr}}));
    EXPECT_FALSE(session_.changed());
    EXPECT_EQ(*wait(session_.get("a")), json::value(1)) << "nobody has committed it";
}

TEST_F(StateSessionTest, AGetThatWasSentAfterASetSeesIt) {
    json::value seen;
    asio::co_spawn(loop_, session_.set("new", 1), [](const std::exception_ptr&, const auto&) {});
    asio::co_spawn(loop_, session_.get("new"),
                   [&](const std::exception_ptr&, const auto& value) { seen = **value; });
    ASSERT_TRUE(run_dry(loop_));
    EXPECT_EQ(seen, json::value(1));
}

TEST_F(StateSessionTest, ReservedKeysAreNobodysBusiness) {
    store_.state.values = {{".engine", 1}, {"own", 2}};
    const std::string reason = "key '.engine': keys that begin with '.' are the host's";
    EXPECT_EQ(refused_set(".engine", 1), reason);
    EXPECT_EQ(wait(session_.get(".engine")).error().reason, reason);
    EXPECT_EQ(session_.remove(".engine").error().reason, reason);
    EXPECT_THAT(*wait(session_.keys(".")), IsEmpty());
    EXPECT_FALSE(session_.changed());
}

TEST_F(StateSessionTest, BoundsAreSaidClearly) {
    const std::string long_key(state_key_bytes_max + 1, 'k');
    EXPECT_EQ(refused_set(long_key, 1),
              "key '" + long_key.substr(0, 60) + "…': longer than 512 bytes");
    EXPECT_EQ(refused_set(std::string(state_key_bytes_max, 'k'), 1), "accepted");
    EXPECT_EQ(refused_set("", 1), "a key must not be empty");
    EXPECT_EQ(refused_set("\xff", 1), "key '\xef\xbf\xbd': not UTF-8");
    EXPECT_EQ(refused_set("a", json::string(state_value_bytes_max - 1, 'x')),
              "key 'a': its value is larger than 1024 KiB: 1048577 bytes as JSON");
    EXPECT_EQ(refused_set("a", json::string(state_value_bytes_max - 2, 'x')), "accepted");
    EXPECT_EQ(refused_set("a", json::array{std::numeric_limits<double>::quiet_NaN()}),
              "key 'a': its value cannot be kept: a number in it is not finite");
    EXPECT_EQ(refused_set("a", json::string("\xff")),
              "key 'a': its value has text that is not UTF-8");
    EXPECT_THAT(refused_set("a", json::parse(std::string(61, '[') + std::string(61, ']'), {},
                                             {.max_depth = 100})),
                HasSubstr("it is nested too deep"));
    EXPECT_EQ(session_.take_changes().size(), 2U) << "what was refused has changed nothing";
}

TEST_F(StateSessionTest, OneEventChangesABoundedAmount) {
    const json::string large(state_value_bytes_max - 100, 'x');
    for (int i = 0; i < 32; ++i)
        ASSERT_EQ(refused_set("large" + std::to_string(i), large), "accepted");
    EXPECT_EQ(refused_set("larger", large), "key 'larger': one event may change at most 32 MiB");
    EXPECT_EQ(refused_set("large0", large), "accepted") << "in place of the one before";
    session_.take_changes();
    for (std::size_t i = 0; i < state_changes_max; ++i)
        ASSERT_TRUE(session_.remove("k" + std::to_string(i)));
    EXPECT_EQ(session_.remove("one more").error().reason,
              "key 'one more': one event may change at most 20000 keys");
    EXPECT_TRUE(session_.remove("k0"));
}

TEST_F(StateSessionTest, APluginKeepsABoundedNumberOfKeys) {
    for (std::size_t i = 0; i < state_keys_max; ++i)
        store_.state.values.emplace(std::to_string(i), 1);
    store_.state.values.emplace(".engine", 1);
    EXPECT_EQ(refused_set("7", 2), "accepted");
    EXPECT_EQ(refused_set("new", 1), "key 'new': a plugin may keep at most 10000 keys");
    EXPECT_EQ(*wait(session_.get("new")), std::nullopt) << "taken back";
    ASSERT_TRUE(session_.remove("8"));
    EXPECT_EQ(refused_set("new", 1), "accepted");
    EXPECT_EQ(refused_set("newer", 1), "key 'newer': a plugin may keep at most 10000 keys");
    EXPECT_EQ(refused_set("8", 1), "key '8': a plugin may keep at most 10000 keys");
    EXPECT_EQ(*wait(session_.get("8")), std::nullopt) << "back at being removed";
    EXPECT_EQ(session_.take_changes(), (StateChanges{{"7", 2}, {"8", std::nullopt}, {"new", 1}}));
}

TEST_F(StateSessionTest, WhatTheStoreSaysIsHandedOn) {
    store_.failure = "the disk is gone";
    EXPECT_EQ(wait(session_.get("a")).error().reason, "the disk is gone");
    EXPECT_EQ(refused_set("a", 1), "the disk is gone");
    EXPECT_FALSE(session_.changed()) << "it could not be checked, so it does not count";
    EXPECT_EQ(served("state.keys", "{}"), "failed: the disk is gone");
}

TEST_F(StateSessionTest, ServesTheProtocol) {
    store_.state.values = {{"users.1", 5}, {"users.2", 6}, {"other", 7}, {".engine", 8}};
    EXPECT_EQ(served("state.get", R"({"key":"users.1"})"), R"({"value":5,"found":true})");
    EXPECT_EQ(served("state.get", R"({"key":"unknown"})"), R"({"value":null,"found":false})");
    EXPECT_EQ(served("state.set", R"({"key":"users.3","value":{"a":[1]}})"), "{}");
    EXPECT_EQ(served("state.get", R"({"key":"users.3"})"), R"({"value":{"a":[1]},"found":true})");
    EXPECT_EQ(served("state.delete", R"({"key":"users.1"})"), "{}");
    EXPECT_EQ(served("state.keys", "{}"), R"({"keys":["other","users.2","users.3"]})");
    EXPECT_EQ(served("state.keys", R"({"prefix":"users."})"), R"({"keys":["users.2","users.3"]})");
    EXPECT_EQ(session_.take_changes(),
              (StateChanges{{"users.1", std::nullopt}, {"users.3", json::parse(R"({"a":[1]})")}}));
}

TEST_F(StateSessionTest, KeysThatFitIntoNoMessageAreRefused) {
    for (std::size_t i = 0; i < state_keys_max; ++i)
        store_.state.values.emplace(std::to_string(i) + std::string(500, '\1'), 1);
    EXPECT_EQ(served("state.keys", "{}"),
              "refused: state.keys: too much for one message: ask with a prefix");
    EXPECT_THAT(served("state.keys", R"({"prefix":"77"})"), HasSubstr("7799\\u0001"));
}

TEST_F(StateSessionTest, RefusesWhatIsNotTheProtocol) {
    EXPECT_EQ(served("state.get", "{}"), "refused: state.get: expected the parameter 'key'");
    EXPECT_EQ(served("state.get", R"({"key":1})"), "refused: state.get: key: expected a string");
    EXPECT_EQ(served("state.get", R"({"key":"a","default":1})"),
              "refused: state.get: unknown parameter 'default': expected key");
    EXPECT_EQ(served("state.set", R"({"key":"a"})"),
              "refused: state.set: expected the parameter 'value'");
    EXPECT_EQ(served("state.keys", R"({"prefix":null})"),
              "refused: state.keys: prefix: expected a string");
    EXPECT_EQ(served("state.delete", R"({"key":".x"})"),
              "refused: key '.x': keys that begin with '.' are the host's");
    EXPECT_EQ(served("state.clear", "{}"), "refused: unknown method state.clear");
    EXPECT_FALSE(session_.changed());
}

TEST_F(StateSessionTest, OverACopyItChangesOnlyTheCopy) {
    StateSession copy(PluginState{.version = 1, .values = {{"a", 1}, {"b", 2}, {".engine", 3}}});
    EXPECT_EQ(*wait(copy.get("a")), json::value(1));
    ASSERT_TRUE(copy.remove("a"));
    ASSERT_TRUE(wait(copy.set("c", 4)));
    EXPECT_THAT(*wait(copy.keys("")), ElementsAre("b", "c"));
    const auto done = copy.finished(2);
    EXPECT_EQ(done.version, 2);
    EXPECT_EQ(done.values,
              (std::map<std::string, json::value>{{".engine", 3}, {"b", 2}, {"c", 4}}));
}

}  // namespace
}  // namespace hotreload
