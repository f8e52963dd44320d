#include <gmock/gmock.h>

#include "hotreload/reload/engine_fixture_test.h"

namespace hotreload {
namespace {

using ::testing::HasSubstr;

class EngineGroupTest : public EngineTest {
protected:
    // a needs b.
    void start_pair() {
        save("plugins.yaml", "plugins:\n  a: {depends_on: [b]}\n");
        save("a.py", python("a", "a1"));
        save("b.py", python("b", "b1"));
        start();
        ASSERT_EQ(ask("a") + ask("b"), "a1b1");
    }
    void look() { EXPECT_TRUE(await(engine_->caught_up(deadline))); }
};

TEST_F(EngineGroupTest, WhatBelongsTogetherIsPublishedTogetherOrNotAtAll) {
    start_pair();
    save("a.py", python("a", "a2"));
    save("b.py", "this is no Python\n");
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a1b1");
    EXPECT_EQ(status("a").error->reason,
              "held back: it belongs together with 'b', which failed; mend that one");

    save("b.py", python("b", "b2"));
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a2b2");
    EXPECT_FALSE(status("a").error.has_value());
}

TEST_F(EngineGroupTest, ABrokenDependentHoldsItsDependencyBack) {
    start_pair();
    save("a.py", "raise RuntimeError('no')\n");
    save("b.py", python("b", "b2"));
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a1b1");
    save("a.py", python("a", "a2"));
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a2b2");
}

TEST_F(EngineGroupTest, NobodySeesOneMemberNewAndTheOtherOld) {
    start_pair();
    std::string seen;
    auto watching = options();
    stop();
    watching.on_routes = [&](const Routes& routes) {
        const auto a = routes.serving("a"), b = routes.serving("b");
        if (a && b) seen += std::to_string(a->number()) + "-" + std::to_string(b->number()) + " ";
    };
    start(std::move(watching));
    const auto before = seen.size();
    save("b.py", python("b", "b2"));
    look();
    const auto both =
        std::to_string(status("a").generation) + "-" + std::to_string(status("b").generation) + " ";
    EXPECT_EQ(seen.substr(before), both);
}

TEST_F(EngineGroupTest, NewerContentOfOneMemberBeginsTheGroupAgain) {
    start_pair();
    const auto before = now();
    save("a.py", python("a", "a2"));
    save("b.py", "import time\ntime.sleep(1000)\n");
    engine_->look_again();
    await_event(EventType::discovered_plugin, before);  // a is loaded and waits for b
    save("b.py", python("b", "b3"));
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a2b3");
}

TEST_F(EngineGroupTest, ACircleIsNamedAndTheOthersServe) {
    const auto before = now();
    save("plugins.yaml", "plugins:\n  a: {depends_on: [b]}\n  b: {depends_on: [a]}\n");
    save("a.py", python("a", "a1"));
    save("b.py", python("b", "b1"));
    save("c.py", python("c", "c1"));
    start();
    EXPECT_EQ(ask("c"), "c1");
    EXPECT_EQ(count(EventType::plugin_dependencies_not_met, before), 2U);
    EXPECT_EQ(status("a").reason, "it needs itself: a → b → a");
    save("plugins.yaml", "plugins:\n  a: {depends_on: [b]}\n");
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a1b1");
}

TEST_F(EngineGroupTest, AVersionThatIsNeededIsWaitedFor) {
    save("a.py", "dependencies = ['b >= 2']\n" + python("a", "a1"));
    save("b.py", "version = '1.9'\n" + python("b", "b1"));
    start();
    EXPECT_THAT(ask("a"), HasSubstr("no plugin offers"));
    EXPECT_THAT(status("a").error->reason, HasSubstr("needs b >= 2"));
    EXPECT_EQ(ask("b"), "b1");
    const auto before = now();
    save("b.py", "version = '2.0'\n" + python("b", "b2"));
    look();
    if (ask("a") != "a1") await_event(EventType::plugins_reloaded, before);
    look();
    EXPECT_EQ(ask("a") + ask("b"), "a1b2");
}

}  // namespace
}  // namespace hotreload
