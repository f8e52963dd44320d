// What becomes of a plugin that crashes while its files hold something else.

#include <gmock/gmock.h>

#include "hotreload/reload/engine_fixture_test.h"

namespace hotreload {
namespace {

using ::testing::HasSubstr;

class EngineCrashTest : public EngineTest {
protected:
    // One command that answers, one that kills the process; `first` is run at the import.
    static std::string mortal(const std::string& answer, const std::string& first = {}) {
        return "import os, time\n" + first +
               "offers = [{'kind': 'command', 'name': 'p'}, {'kind': 'command', 'name': 'die'}]\n"
               "def handle(offer, event):\n"
               "    if offer['name'] == 'die': os.abort()\n"
               "    return '" +
               answer + "'\n";
    }
    // Shows that it is being imported, and goes on when the test says so.
    [[nodiscard]] std::string importing_until_go() const {
        return "open('" + (folder_ / "data" / "p" / "importing").native() +
               "', 'w').close()\nwhile not os.path.exists('" + go_.native() +
               "'): time.sleep(0.001)\n";
    }
    void SetUp() override {
        EngineTest::SetUp();
        go_ = folder_ / "go";
    }
    void go() { std::ofstream(go_) << "go"; }
    void await_importing() {
        const auto sign = folder_ / "data" / "p" / "importing";
        const auto until = monotonic_now() + deadline;
        loop_.restart();
        while (!std::filesystem::exists(sign) && monotonic_now() < until)
            loop_.run_one_for(Millis(20));
        ASSERT_TRUE(std::filesystem::exists(sign));
        std::filesystem::remove(sign);
    }
    void die() { EXPECT_THAT(ask("die"), HasSubstr("the process ended during the call")); }
    void look() { EXPECT_TRUE(await(engine_->caught_up(deadline))); }
    void save_what_fails() {
        const auto before = now();
        save("p.py", "def broken(:\n");
        await_event(EventType::plugin_load_failed, before);
    }

    std::filesystem::path go_;
};

TEST_F(EngineCrashTest, WhatServedIsBackWhileNewerContentIsOnItsWay) {
    save("p.py", mortal("one"));
    start();
    await_kept("p", 1);
    const auto before = now();
    save("p.py", mortal("two", importing_until_go()));
    engine_->look_again();
    await_importing();
    die();
    EXPECT_EQ(ask("p"), "one");
    EXPECT_EQ(count(EventType::plugin_reload_superseded, before), 0U) << "both go on";
    EXPECT_EQ(count(EventType::plugins_reloaded, before), 0U);
    go();
    await_event(EventType::plugins_reloaded, before);
    EXPECT_EQ(ask("p"), "two");
    EXPECT_EQ(count(EventType::plugin_restarted, before), 1U);
    EXPECT_EQ(count(EventType::plugin_failed, before), 0U);
    die();
    EXPECT_EQ(ask("p"), "two");
    look();
    EXPECT_FALSE(status("p").restored);
}

TEST_F(EngineCrashTest, ContentThatHasFailedIsNotTriedAgainBecauseOfACrash) {
    save("p.py", mortal("one"));
    start();
    await_kept("p", 1);
    save_what_fails();
    const auto before = now();
    die();
    EXPECT_EQ(ask("p"), "one");
    look();
    EXPECT_EQ(count(EventType::plugin_restarted, before), 1U);
    EXPECT_EQ(count(EventType::plugin_load_failed, before), 0U);
    EXPECT_EQ(count(EventType::plugin_failed, before), 0U);
    ASSERT_TRUE(status("p").error);
    EXPECT_FALSE(status("p").error->diagnostics.empty()) << "what is wrong with the file is told";
    save("p.py", mortal("two"));
    look();
    EXPECT_EQ(ask("p"), "two");
    EXPECT_FALSE(status("p").error);
}

TEST_F(EngineCrashTest, RestartsBesideFailedContentAreCountedAndEndInWhatServedBefore) {
    save("p.py", mortal("good"));
    start();
    await_kept("p", 1);
    save("p.py", mortal("bad"));
    look();
    await_kept("p", 2);
    save_what_fails();
    const auto before = now();
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(ask("p"), "bad");
        die();
    }
    EXPECT_EQ(ask("p"), "good");
    look();
    EXPECT_EQ(count(EventType::plugin_restarted, before), 3U);
    EXPECT_EQ(count(EventType::plugin_failed, before), 1U);
    EXPECT_EQ(count(EventType::plugin_load_failed, before), 0U);
    EXPECT_EQ(ask("p"), "good");
    save("p.py", mortal("mended"));
    look();
    EXPECT_EQ(ask("p"), "mended");
}

TEST_F(EngineCrashTest, WhatServedBeforeStandsInWhileNewerContentIsOnItsWay) {
    save("p.py", mortal("good"));
    start();
    await_kept("p", 1);
    save("p.py", mortal("bad"));
    look();
    await_kept("p", 2);
    save("p.py", mortal("newer", importing_until_go()));
    engine_->look_again();
    await_importing();
    const auto before = now();
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(ask("p"), "bad");
        die();
    }
    EXPECT_EQ(ask("p"), "good");
    EXPECT_EQ(count(EventType::plugin_reload_superseded, before), 0U) << "the newer one goes on";
    go();
    look();
    EXPECT_EQ(ask("p"), "newer");
}

// Its files are as it was made of when it crashes, and are not when it has read them.
TEST_F(EngineCrashTest, AFileThatIsSavedDuringTheRestartDoesNotStopIt) {
    const auto slow = folder_ / "data" / "p" / "slow";
    const auto waits = "if os.path.exists('" + slow.native() + "'):\n    open('" +
                       (folder_ / "data" / "p" / "importing").native() +
                       "', 'w').close()\n    while os.path.exists('" + slow.native() +
                       "'): time.sleep(0.001)\n";
    save("p.py", mortal("one", waits));
    start();
    await_kept("p", 1);
    std::ofstream(slow) << "slow";
    die();
    await_importing();
    save("p.py", "def broken(:\n");
    engine_->look_again();
    std::filesystem::remove(slow);
    EXPECT_EQ(ask("p"), "one");
    look();
    EXPECT_EQ(ask("p"), "one");
    ASSERT_TRUE(status("p").error);
    EXPECT_FALSE(status("p").error->diagnostics.empty());
}

TEST_F(EngineCrashTest, APluginThatIsDeletedDuringItsRestartServesNoLonger) {
    const auto slow = folder_ / "data" / "p" / "slow";
    save("p.py", mortal("one", "while os.path.exists('" + slow.native() + "'):\n    open('" +
                                   (folder_ / "data" / "p" / "importing").native() +
                                   "', 'w').close()\n    time.sleep(0.01)\n"));
    start();
    std::ofstream(slow) << "slow";
    die();
    await_importing();
    std::filesystem::remove(plugins() / "p.py");
    look();
    EXPECT_THAT(ask("p"), HasSubstr("no plugin offers"));
    EXPECT_FALSE(status("p").serving);
}

TEST_F(EngineCrashTest, NumbersOfGenerationsAreGivenOnceAlsoAfterARestart) {
    save("p.py", mortal("one"));
    start();
    await_kept("p", 1);
    save("p.py", mortal("two", importing_until_go()));
    engine_->look_again();
    await_importing();  // generation 2, which is overtaken by 3
    die();
    EXPECT_EQ(ask("p"), "one");
    EXPECT_EQ(status("p").generation, 3U);
    go();
    look();
    await_kept("p", 2);
    EXPECT_EQ(ask("p"), "two");
    EXPECT_EQ(status("p").generation, 2U);
    stop();
    start();
    EXPECT_EQ(status("p").generation, 4U);
}

TEST_F(EngineCrashTest, WhatACrashAndAFailedCallSaidStaysKnownUntilThereIsOtherContent) {
    save("p.py",
         "import os, sys\n"
         "offers = [{'kind': 'command', 'name': name} for name in ('p', 'die', 'fail')]\n"
         "def handle(offer, event):\n"
         "    if offer['name'] == 'fail': raise ValueError('no such table')\n"
         "    if offer['name'] == 'die':\n"
         "        print('what it said last', file=sys.stderr, flush=True)\n"
         "        os.abort()\n"
         "    return 'one'\n");
    start();
    EXPECT_THAT(ask("fail"), HasSubstr("no such table"));
    ASSERT_TRUE(status("p").last_failed_call);
    EXPECT_EQ(status("p").last_failed_call->offer, "fail");
    EXPECT_THAT(status("p").last_failed_call->output, HasSubstr("p.py\", line 4"));
    die();
    EXPECT_EQ(ask("p"), "one");
    ASSERT_TRUE(status("p").last_crash);
    EXPECT_EQ(status("p").last_crash->generation, 1U);
    EXPECT_EQ(status("p").last_crash->how, "signal 6 (Aborted)");
    EXPECT_THAT(status("p").last_crash->stderr_tail, HasSubstr("what it said last"));
    save("p.py", mortal("two"));
    look();
    EXPECT_FALSE(status("p").last_crash);
    EXPECT_FALSE(status("p").last_failed_call);
}

TEST_F(EngineCrashTest, WhatIsWrongWithFilesAndSettingsIsSaidOfTheirPlugin) {
    save("pack/__init__.py", python("pack", "one"));
    save("bad-name.py", python("bad", "never"));
    save("half/words.py", "words = []\n");
    start();
    EXPECT_THAT(engine_->known("bad-name").error(), HasSubstr("cannot be imported by Python"));
    EXPECT_THAT(engine_->known("half").error(), HasSubstr("no __init__.py"));
    EXPECT_THAT(engine_->known("nothing").error(), HasSubstr("there are: pack"));
    EXPECT_TRUE(status("pack").problems.empty());
    save("pack/plugin.yaml", "enabled: [\n");
    look();
    ASSERT_EQ(status("pack").problems.size(), 1U);
    EXPECT_THAT(status("pack").problems[0], HasSubstr("plugin.yaml:"));
    EXPECT_EQ(ask("pack"), "one");
}

TEST_F(EngineCrashTest, ANeedThatIsGoneIsNotSaidToHaveTheWrongVersion) {
    save("basis.py", "version = '0.9'\n" + python("basis", "here"));
    save("user.py", "dependencies = ['basis >= 1.0']\n" + python("user", "never"));
    start();
    ASSERT_TRUE(status("user").error);
    EXPECT_THAT(status("user").error->reason, HasSubstr("has version '0.9'"));
    std::filesystem::remove(plugins() / "basis.py");
    look();
    ASSERT_TRUE(status("user").error);
    EXPECT_EQ(status("user").error->reason, "needs basis");
    save("basis.py", "version = '1.0'\n" + python("basis", "here"));
    look();
    EXPECT_EQ(ask("user"), "never");
    EXPECT_FALSE(status("user").error);
}

}  // namespace
}  // namespace hotreload
