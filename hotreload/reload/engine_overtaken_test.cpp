#include "hotreload/reload/takeover_fixture_test.h"

namespace hotreload {
namespace {

using ::testing::HasSubstr;

using EngineOvertakenTest = EngineTakeoverTest;

TEST_F(EngineOvertakenTest, NewerContentStopsAMigration) {
    save("p.py", counting("p", 1));
    start_with_state();
    ASSERT_EQ(ask("p"), "p 1: 1");
    save("p.py", counting("p", 2, migrates_at_go));
    engine_->look_again();
    await_waiting("p");
    const auto before = now();
    save("p.py", counting("p", 1, "# newer\n"));
    look();
    EXPECT_EQ(ask("p"), "p 1: 2");
    go("p");
    await_event(EventType::plugin_reload_superseded, before);
    look();
    EXPECT_EQ(kept("p"), R"(1 {"n":2})");
    EXPECT_EQ(ask("p"), "p 1: 3");
}

TEST_F(EngineOvertakenTest, AnEditThatIsUndoneDuringItsMigrationLeavesWhatServed) {
    save("p.py", counting("p", 1));
    start_with_state();
    ASSERT_EQ(ask("p"), "p 1: 1");
    save("p.py", counting("p", 2, migrates_at_go));
    engine_->look_again();
    await_waiting("p");
    save("p.py", counting("p", 1));
    look();
    go("p");
    look();
    EXPECT_EQ(status("p").generation, 1U);
    EXPECT_EQ(ask("p"), "p 1: 2");
    EXPECT_EQ(kept("p"), R"(1 {"n":2})");
}

TEST_F(EngineOvertakenTest, APluginThatIsDeletedWhileItsStateIsKeptServesNoLonger) {
    save("p.py", counting("p", 1));
    start_with_state();
    ASSERT_EQ(ask("p"), "p 1: 1");
    bool replacing = false;
    store_->held = true;
    store_->replacing = [&] { replacing = true; };
    save("p.py", counting("p", 2, migrates));
    engine_->look_again();
    run_until([&] { return replacing; });
    const auto before = now();
    std::filesystem::remove(plugins() / "p.py");
    engine_->look_again();
    await_event(EventType::plugin_unloaded, before);
    store_->release();
    look();
    EXPECT_THAT(ask("p"), HasSubstr("no plugin offers"));
    EXPECT_FALSE(status("p").serving);
    stop();
    EXPECT_EQ(count(EventType::internal_error, before), 0U) << "a worker that nobody knew of";
}

TEST_F(EngineOvertakenTest, AStopWhileStateIsKeptLeavesNoWorker) {
    save("p.py", counting("p", 1));
    start_with_state();
    ASSERT_EQ(ask("p"), "p 1: 1");
    bool replacing = false;
    store_->held = true;
    store_->replacing = [&] { replacing = true; };
    const auto before = now();
    save("p.py", counting("p", 2, migrates));
    engine_->look_again();
    run_until([&] { return replacing; });
    bool stopped = false;
    asio::co_spawn(loop_, engine_->stop(), [&](const std::exception_ptr&) { stopped = true; });
    run_until([&] { return !engine_->routes()->serving("p"); });
    store_->release();
    run_until([&] { return stopped; });
    EXPECT_EQ(count(EventType::internal_error, before), 0U);
    EXPECT_EQ(engine_->routes()->serving("p"), nullptr);
    engine_.reset();
}

TEST_F(EngineOvertakenTest, AStoreThatThrowsFailsTheReloadAlone) {
    save("p.py", counting("p", 1));
    start_with_state();
    ASSERT_EQ(ask("p"), "p 1: 1");
    store_->throws = true;
    save("p.py", counting("p", 2, migrates));
    EXPECT_TRUE(await(engine_->caught_up(Millis(20'000))));
    ASSERT_TRUE(status("p").error);
    EXPECT_EQ(ask("p"), "p 1: 2");
    save("p.py", counting("p", 2, std::string(migrates) + "# again\n"));
    look();
    EXPECT_EQ(ask("p"), "p 2: 103");
}

TEST_F(EngineOvertakenTest, AnEditOfWhatItNeedsDoesNotUndoARollback) {
    start_pair();
    await_kept("a", 1);
    save("a.py", counting("a", 1, "# second\n"));
    look();
    await_kept("a", 2);
    ASSERT_TRUE(engine_->roll_back("a", 0));
    settle();
    const auto rolled_back = status("a").fingerprint;
    save("b.py", counting("b", 1, "# second\n"));
    look();
    EXPECT_EQ(status("a").fingerprint, rolled_back) << "its file is held back";
    EXPECT_EQ(ask("b"), "b 1: 2");
}

}  // namespace
}  // namespace hotreload
