#include <signal.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/model/limits.h"
#include "hotreload/reload/engine_fixture_test.h"

namespace hotreload {
namespace {

TEST_F(EngineTest, AnswersWithTheNewCodeAfterASave) {
    save("hello.py", python("hello", "one"));
    start();
    EXPECT_EQ(ask("hello"), "one");
    const auto before = status("hello");
    EXPECT_EQ(before.generation, 1u);

    const auto seq = now();
    save("hello.py", python("hello", "two"));
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(ask("hello"), "two");
    EXPECT_EQ(status("hello").generation, 2u);
    EXPECT_NE(status("hello").pid, before.pid);
    EXPECT_NE(::kill(before.pid, 0), 0) << "the old worker is still there";
}

// The nursery is the worker's parent: field 4 of stat, after a name in parentheses.
pid_t parent_of(pid_t pid) {
    const auto stat = read_whole_file("/proc/" + std::to_string(pid) + "/stat").value_or(") ? 0");
    return std::stoi(stat.substr(stat.rfind(')') + 4));
}

// Nothing that hangs has the stop wait for longer than it is given. By itself the nursery would be
// made to end by a ladder that takes longer than any machine is busy.
TEST_F(EngineTest, AStopDoesNotWaitForANurseryThatHangs) {
    save("hello.py", python("hello", "one"));
    auto patient = options();
    patient.nursery_grace = 10 * deadline;
    start(std::move(patient));
    const pid_t nursery = parent_of(status("hello").pid);
    ASSERT_GT(nursery, 1);
    ASSERT_EQ(::kill(nursery, SIGSTOP), 0);
    const Stopwatch watch;
    await(engine_->stop(Millis{1'200}));
    EXPECT_LT(watch.total(), deadline);
    engine_.reset();
    const auto until = monotonic_now() + deadline;
    while (::kill(nursery, 0) == 0 && monotonic_now() < until) {
        loop_.restart();
        loop_.run_one_for(Millis(10));
    }
    EXPECT_NE(::kill(nursery, 0), 0) << "it is still there";
}

TEST_F(EngineTest, KeepsTheOldAnswerWhileTheFileIsBrokenAndRecoversWhenItIsMended) {
    save("hello.py", python("hello", "one"));
    start();
    auto seq = now();
    save("hello.py", "def handle(:\n");
    await_event(EventType::plugin_load_failed, seq);
    EXPECT_EQ(ask("hello"), "one");
    const auto broken = status("hello");
    EXPECT_TRUE(broken.serving);
    ASSERT_TRUE(broken.error);
    ASSERT_FALSE(broken.error->diagnostics.empty());
    EXPECT_EQ(broken.error->diagnostics[0].line, 1);

    seq = now();
    save("hello.py", python("hello", "three"));
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(ask("hello"), "three");
    EXPECT_FALSE(status("hello").error);
}

TEST_F(EngineTest, SameSizeWithinOneSecondIsStillNewCode) {
    save("hello.py", python("hello", "aaa"));
    start();
    for (const auto* answer : {"bbb", "ccc", "ddd"}) {
        const auto seq = now();
        save("hello.py", python("hello", answer));
        await_event(EventType::plugins_reloaded, seq);
        EXPECT_EQ(ask("hello"), answer);
    }
}

TEST_F(EngineTest, UntouchedPluginsKeepTheirProcesses) {
    save("a.py", python("a", "one"));
    save("b.py", python("b", "one"));
    start();
    const auto pid = status("b").pid;
    const auto seq = now();
    save("a.py", python("a", "two"));
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(status("b").pid, pid);
    EXPECT_EQ(status("b").generation, 1u);
}

TEST_F(EngineTest, ATouchIsNoReload) {
    save("a.py", python("a", "one"));
    save("b.py", python("b", "one"));
    start();
    const auto seq = now();
    save("a.py", python("a", "one"));
    save("b.py", python("b", "two"));
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(status("a").generation, 1u);
}

TEST_F(EngineTest, ADeletedPluginNoLongerAnswers) {
    save("hello.py", python("hello", "one"));
    start();
    const auto seq = now();
    std::filesystem::remove(plugins() / "hello.py");
    await_event(EventType::plugin_retired, seq);
    EXPECT_EQ(ask("hello"), "error: no plugin offers command 'hello'");
}

TEST_F(EngineTest, ACrashedPluginIsStartedAgain) {
    save("hello.py",
         "import os\noffers = [{'kind': 'command', 'name': 'hello'}, {'kind': 'command', 'name': "
         "'die'}]\n"
         "def handle(offer, event):\n    if offer['name'] == 'die': os.abort()\n    return "
         "'here'\n");
    start();
    const auto seq = now();
    EXPECT_TRUE(ask("die").starts_with("error: "));
    EXPECT_EQ(ask("hello"), "here");
    await_event(EventType::plugin_crashed, seq);
    await_event(EventType::plugin_restarted, seq);
}

TEST_F(EngineTest, WhatWaitedBehindACrashGoesToTheNextWorker) {
    save("hello.py",
         "import os\noffers = [{'kind': 'command', 'name': 'hello'}, {'kind': 'command', 'name': "
         "'die'}]\n"
         "def handle(offer, event):\n    if offer['name'] == 'die': os.abort()\n    return "
         "'here'\n");
    start();
    std::string died;
    HandleRequest dies{.offer = {.kind = "command", .name = "die", .description = {}},
                       .event = {{"text", "hi"}}};
    asio::co_spawn(loop_, engine_->handle(std::move(dies)),
                   [&](const std::exception_ptr&, const Result<json::value, RpcError>& outcome) {
                       died = outcome.has_error() ? outcome.error().message : "answered";
                   });
    EXPECT_EQ(ask("hello"), "here") << "it was not begun when the worker died";
    EXPECT_TRUE(died.starts_with("the process ended during the call")) << died;
}

TEST_F(EngineTest, ACrashLoopEndsAndSaysSo) {
    save("hello.py",
         "import os\noffers = [{'kind': 'command', 'name': 'die'}]\ndef handle(offer, event): "
         "os.abort()\n");
    start();
    for (int i = 0; i < 4; ++i) ask("die");
    const auto seq = await_event(EventType::plugin_failed, 0);
    EXPECT_EQ(status("hello").stage, Stage::failed);
    save("hello.py", python("hello", "mended"));
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(ask("hello"), "mended");
}

TEST_F(EngineTest, TwoPluginsWithOneCommandKeepTheFirst) {
    save("a.py", python("same", "from a"));
    start();
    const auto seq = now();
    save("b.py", python("same", "from b"));
    await_event(EventType::plugin_conflict, seq);
    EXPECT_EQ(ask("same"), "from a");
    EXPECT_EQ(status("a").offers.size(), 1U);
    EXPECT_TRUE(status("a").lost.empty());
    EXPECT_TRUE(status("b").serving);
    EXPECT_TRUE(status("b").offers.empty());
    ASSERT_EQ(status("b").lost.size(), 1U);
    EXPECT_EQ(status("b").lost.front().offer.name, "same");
    EXPECT_EQ(status("b").lost.front().served_by, "a");
    const auto before = now();
    std::filesystem::remove(plugins() / "a.py");
    await_event(EventType::plugin_retired, before);
    EXPECT_EQ(ask("same"), "from b");
    EXPECT_EQ(status("b").offers.size(), 1U);
    EXPECT_TRUE(status("b").lost.empty());
}

TEST_F(EngineTest, AMissingDependencyIsWaitedFor) {
    save("user.py", "dependencies = ['base_words']\n" + python("user", "with words"));
    start();
    EXPECT_EQ(status("user").stage, Stage::failed);
    const auto seq = now();
    save("base_words.py", python("words", "here"));
    for (auto loaded = seq; !status("user").serving && loaded != 0;)
        loaded = await_event(EventType::plugins_reloaded, loaded);
    EXPECT_EQ(ask("user"), "with words");
}

TEST_F(EngineTest, ABrokenConfigurationLeavesTheOldOneInForce) {
    save("plugins.yaml", "plugins:\n  off: {enabled: false}\n");
    save("off.py", python("off", "never"));
    save("on.py", python("on", "always"));
    start();
    EXPECT_FALSE(status("off").serving);
    const auto seq = now();
    save("plugins.yaml", "plugins: [\n");
    await_event(EventType::plugin_config_invalid, seq);
    EXPECT_FALSE(status("off").serving);
    EXPECT_EQ(ask("on"), "always");
}

TEST_F(EngineTest, ASharedModuleReloadsItsUsersOnly) {
    save("_words.py", "WORD = 'one'\n");
    save("user.py",
         "from hotreload_test import _words\noffers = [{'kind': 'command', 'name': 'user'}]\n"
         "def handle(offer, event): return _words.WORD\n");
    save("other.py", python("other", "same"));
    auto with_prefix = options();
    with_prefix.module_prefix = "hotreload_test";
    engine_.emplace(loop_.get_executor(), with_prefix, events_);
    await(engine_->start());
    settle();
    EXPECT_EQ(ask("user"), "one");
    const auto seq = now();
    save("_words.py", "WORD = 'two'\n");
    ASSERT_TRUE(engine_->reload("user")) << "files that start with '_' are not watched";
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(ask("user"), "two");
    EXPECT_EQ(status("other").generation, 1u);
}

TEST_F(EngineTest, ANewerSaveOvertakesAnAttemptThatHangs) {
    save("hello.py", python("hello", "one"));
    start();
    auto seq = now();
    save("hello.py", "import time\ntime.sleep(3600)\n");
    await_event(EventType::reloading_plugins, seq);
    seq = now();
    save("hello.py", python("hello", "two"));
    await_event(EventType::plugins_reloaded, seq);
    EXPECT_EQ(ask("hello"), "two");
}

TEST_F(EngineTest, AFileThatIsAwayForAMomentTakesNothingAway) {
    save("p.py", python("p", "one"));
    auto patient = options();
    patient.vanish_grace = deadline;
    start(std::move(patient));
    const auto before = now();
    std::filesystem::rename(plugins() / "p.py", plugins() / "p.py.bak");
    engine_->look_again();
    EXPECT_EQ(ask("p"), "one");
    save("p.py", python("p", "two"));
    EXPECT_TRUE(await(engine_->caught_up(deadline)));
    EXPECT_EQ(ask("p"), "two");
    EXPECT_EQ(count(EventType::plugin_unloaded, before), 0U);
}

TEST_F(EngineTest, AFileThatStaysAwayTakesItsPluginWithIt) {
    save("p.py", python("p", "one"));
    start();
    const auto before = now();
    std::filesystem::remove(plugins() / "p.py");
    EXPECT_TRUE(await(engine_->caught_up(deadline)));
    EXPECT_EQ(count(EventType::plugin_unloaded, before), 1U);
}

// Nothing can be loaded before the storm is over: all that it has begun is overtaken.
TEST_F(EngineTest, AStormOfSavesEndsOnTheLastContentWithOneGeneration) {
    save("p.py", python("p", "0"));
    start();
    const auto over = folder_ / "over";
    const auto waits =
        "import os, time\nwhile not os.path.exists('" + over.native() + "'): time.sleep(0.001)\n";
    const auto before = now();
    for (int i = 1; i <= 500; ++i) {
        save("p.py", waits + python("p", std::to_string(i)));
        loop_.run_for(Millis(1));
    }
    std::ofstream(over) << "now";
    EXPECT_TRUE(await(engine_->caught_up(deadline)));
    EXPECT_EQ(ask("p"), "500");
    await_event(EventType::plugins_reloaded, before);
    EXPECT_EQ(count(EventType::plugins_reloaded, before), 1U);
}

}  // namespace
}  // namespace hotreload
