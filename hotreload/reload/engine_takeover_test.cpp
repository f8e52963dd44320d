#include <signal.h>

#include "hotreload/base/durable_file.h"
#include "hotreload/reload/takeover_fixture_test.h"

namespace hotreload {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The same in C++, as plugin a.
std::string cpp_counting(int version, const std::string& migration) {
    const auto number = std::to_string(version);
    return R"(#include <stdexcept>
#include <tgstats/plugin.hpp>
class P : public tgstats::CommandPlugin {
    tgstats::Metadata metadata() const override {
        return {.name = "a", .state_version = )" +
           number + R"(};
    }
    void migrate(tgstats::Migration& migration) override { )" +
           migration + R"( }
    void commands(tgstats::Commands& commands) override {
        commands.add("a", "", [](tgstats::Call& call) {
            const auto n = call.state().get("n").as_int() + 1;
            call.state().set("n", n);
            call.reply_text("a )" +
           number + R"(: " + std::to_string(n));
        });
    }
};
TGSTATS_PLUGIN(P)
)";
}
constexpr auto cpp_migrates =
    R"(migration.result(tgstats::Object().set("n", migration.state()["n"].as_int() + 100));)";

TEST_F(EngineTakeoverTest, OneMigrationThatFailsTakesNothingFromTheOthers) {
    start_pair();
    for (const std::string failing : {"a", "b"}) {
        const std::string other = failing == "a" ? "b" : "a";
        const auto before = now();
        save(failing + ".py", counting(failing, 2, std::string(fails) + stores));
        save(other + ".py", counting(other, 2, std::string(migrates) + stores));
        look();
        EXPECT_EQ(kept("a"), R"(1 {"n":1})") << failing;
        EXPECT_EQ(kept("b"), R"(1 {"n":1})") << failing;
        EXPECT_THAT(status(failing).error->reason, HasSubstr("cannot"));
        EXPECT_THAT(status(other).error->reason, StartsWith("held back: it belongs together"));
        EXPECT_EQ(count(EventType::plugin_state_migrated, before), 0U);
    }
    expect_nothing_lost();
    save("a.py", counting("a", 2, std::string(migrates) + stores));
    save("b.py", counting("b", 2, migrates));
    look();
    EXPECT_EQ(ask("a") + ", " + ask("b"), "a 2: 103, b 2: 103");
    EXPECT_EQ(kept("a"), R"(2 {"n":103})") << "a migration gives all that is kept";
}

TEST_F(EngineTakeoverTest, ItIsTheSameBetweenLanguages) {
    save("plugins.yaml", "plugins:\n  a: {depends_on: [b]}\n");
    save("a.cpp", cpp_counting(1, ""));
    save("b.py", counting("b", 1));
    start_with_state();
    ASSERT_THAT(ask_cpp() + ask("b"), AllOf(HasSubstr("a 1: 1"), HasSubstr("b 1: 1")));
    const auto failing = R"(throw std::runtime_error("cannot");)";
    for (const bool cpp_fails : {false, true}) {
        save("a.cpp", cpp_counting(2, cpp_fails ? failing : cpp_migrates));
        save("b.py", counting("b", 2, cpp_fails ? migrates : fails));
        look();
        EXPECT_THAT(status(cpp_fails ? "a" : "b").error->reason, HasSubstr("cannot"));
        EXPECT_EQ(kept("a") + kept("b"), R"(1 {"n":1}1 {"n":1})");
    }
    save("a.cpp", cpp_counting(2, cpp_migrates));
    look();
    EXPECT_THAT(ask_cpp() + ask("b"), AllOf(HasSubstr("a 2: 102"), HasSubstr("b 2: 102")));
}

TEST_F(EngineTakeoverTest, AStoreThatFailsTakesNothingFromAnyone) {
    start_pair();
    store_->fails = true;
    save("a.py", counting("a", 2, migrates));
    save("b.py", counting("b", 2, migrates));
    look();
    EXPECT_THAT(status("a").error->reason, HasSubstr("the disk is full"));
    EXPECT_THAT(status("b").error->reason, HasSubstr("held back"));
    expect_nothing_lost();
    store_->fails = false;
    run_until([&] { return status("a").generation > 1 && !status("a").error; });
    EXPECT_EQ(ask("a") + ", " + ask("b"), "a 2: 103, b 2: 103")
        << "what may pass is tried again by itself";
}

TEST_F(EngineTakeoverTest, AWorkerThatDiesAfterItsMigrationIsNotPublished) {
    start_pair();
    save("a.py", counting("a", 2, R"(
def migrate(state, old, new):
    with open('pid', 'w') as file:
        file.write(str(os.getpid()) + '.')
    asyncio.get_running_loop().call_later(0.01, os._exit, 3)
    return state
)"));
    save("b.py", counting("b", 2, migrates_at_go));
    engine_->look_again();
    pid_t pid = 0;
    run_until([&] {
        const auto text = read_whole_file(in_folder_of("a", "pid")).value_or("");
        if (text.ends_with('.')) pid = std::stoi(text);
        return pid != 0 && ::kill(pid, 0) != 0;
    });
    await_waiting("b");
    go("b");
    look();
    EXPECT_THAT(status("a").error->reason, HasSubstr("ended before its publication"));
    expect_nothing_lost();
}

TEST_F(EngineTakeoverTest, AnEventThatComesDuringAMigrationGoesToTheNewCodeOnTheNewState) {
    start_pair();
    save("a.py", counting("a", 2, migrates));
    save("b.py", counting("b", 2, migrates_at_go));
    engine_->look_again();
    await_waiting("b");
    const auto a = ask_meanwhile("a"), b = ask_meanwhile("b");
    loop_.restart();
    while (loop_.poll() > 0) {
    }
    EXPECT_EQ(*a + *b, "") << "neither is answered by the code whose state is being migrated";
    go("b");
    settle();
    run_until([&] { return !a->empty() && !b->empty(); });
    EXPECT_EQ(*a, R"("a 2: 102")");
    EXPECT_EQ(*b, R"("b 2: 102")");
    EXPECT_EQ(kept("a") + kept("b"), R"(2 {"n":102}2 {"n":102})");
}

TEST_F(EngineTakeoverTest, AnEventInHandWhenAMigrationIsDueIsNotLost) {
    start_pair();
    save("b.py", counting("b", 1, "async def before(event):\n    await until_go()\n"));
    look();
    const auto b = ask_meanwhile("b");
    await_waiting("b");
    save("a.py", counting("a", 2, migrates));
    save("b.py", counting("b", 2, migrates));
    const auto before = now();
    engine_->look_again();
    await_event(EventType::discovered_plugin, await_event(EventType::discovered_plugin, before));
    go("b");
    look();
    EXPECT_EQ(*b, R"("b 1: 2")");
    EXPECT_EQ(ask("a") + ", " + ask("b"), "a 2: 102, b 2: 103");
}

// The turn of one member must not be held while another's is waited for: that one's event may need
// the first.
TEST_F(EngineTakeoverTest, AMemberThatCallsAnotherIsNotWaitedForInVain) {
    for (const std::string calling : {"a", "b"}) {
        const std::string called = calling == "a" ? "b" : "a";
        stop();
        store_.emplace(loop_.get_executor(), folder_ / calling);
        std::filesystem::remove_all(folder_ / "data");
        save("plugins.yaml", "plugins:\n  a: {depends_on: [b]}\n");
        save(called + ".py", counting(called, 1));
        save(calling + ".py", counting(calling, 1,
                                       "async def before(event):\n    await until_go()\n"
                                       "    await host.call('service.call', {'service': '" +
                                           called + "', 'params': {}})\n"));
        start_with_state();
        ASSERT_EQ(ask(called), called + " 1: 1");
        const auto answer = ask_meanwhile(calling);
        await_waiting(calling);
        const auto before = now();
        save("a.py", counting("a", 2, migrates));
        save("b.py", counting("b", 2, migrates));
        const Stopwatch watch;
        engine_->look_again();
        await_event(EventType::discovered_plugin,
                    await_event(EventType::discovered_plugin, before));
        loop_.restart();
        while (loop_.poll() > 0) {
        }
        go(calling);
        look();
        run_until([&] { return !answer->empty(); });
        EXPECT_EQ(*answer, "\"" + calling + " 1: 1\"");
        EXPECT_EQ(count(EventType::plugin_hung, before), 0U);
        EXPECT_EQ(ask(called), called + " 2: 103");
    }
}

}  // namespace
}  // namespace hotreload
