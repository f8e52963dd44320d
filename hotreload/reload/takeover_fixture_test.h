#pragma once
// Two plugins that belong together, or one, whose state is taken over by newer code.

#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "hotreload/reload/counting_plugin_test.h"
#include "hotreload/reload/engine_fixture_test.h"
#include "hotreload/reload/trying_store_test.h"

namespace hotreload {

class EngineTakeoverTest : public EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        store_.emplace(loop_.get_executor(), folder_ / "state");
    }
    void TearDown() override {
        stop();
        store_.reset();
        EngineTest::TearDown();
    }
    void start_with_state() {
        auto with = options();
        with.state = &*store_;
        start(std::move(with));
    }
    // a needs b; each has handled one event in version 1.
    void start_pair() {
        save("plugins.yaml", "plugins:\n  a: {depends_on: [b]}\n");
        save("a.py", counting("a", 1));
        save("b.py", counting("b", 1));
        start_with_state();
        ASSERT_EQ(ask("a") + ", " + ask("b"), "a 1: 1, b 1: 1");
    }
    void look() { EXPECT_TRUE(await(engine_->caught_up(deadline))); }
    std::string kept(const std::string& plugin) {
        const auto state = await(store_->read(plugin));
        if (!state) return state.error().reason;
        const json::object values(state->values.begin(), state->values.end());
        return std::to_string(state->version) + " " + json::serialize(values);
    }
    void expect_nothing_lost() {
        EXPECT_EQ(kept("a"), R"(1 {"n":1})");
        EXPECT_EQ(kept("b"), R"(1 {"n":1})");
        EXPECT_EQ(ask("a") + ", " + ask("b"), "a 1: 2, b 1: 2");
    }
    // Its command's answer as the bot would send it.
    std::string ask_cpp() {
        auto outcome = await(
            engine_->handle({.offer = {.kind = "command", .name = "a", .description = {}},
                             .event = {{"message", {{"chat", {{"id", 1}}}, {"message_id", 1}}}}}));
        return outcome.has_error() ? outcome.error().message : json::serialize(*outcome);
    }
    void run_until(const std::function<bool()>& done) {
        const auto until = monotonic_now() + deadline;
        loop_.restart();
        while (!done() && monotonic_now() < until) loop_.run_one_for(Millis(20));
        ASSERT_TRUE(done());
    }
    [[nodiscard]] std::filesystem::path in_folder_of(const std::string& plugin,
                                                     const std::string& file) const {
        return folder_ / "data" / plugin / file;
    }
    void await_waiting(const std::string& plugin) {
        run_until([&] { return std::filesystem::exists(in_folder_of(plugin, "waiting")); });
    }
    void go(const std::string& plugin) { std::ofstream(in_folder_of(plugin, "go")) << "go"; }
    // The answer, when it has come.
    std::shared_ptr<std::string> ask_meanwhile(const std::string& name) {
        auto answer = std::make_shared<std::string>();
        asio::co_spawn(loop_,
                       engine_->handle({.offer = {.kind = "command", .name = name}, .event = {}}),
                       [answer](const std::exception_ptr&, const auto& outcome) {
                           *answer = outcome ? json::serialize(*outcome) : outcome.error().message;
                       });
        return answer;
    }

    std::optional<TryingStore> store_;
};

}  // namespace hotreload
