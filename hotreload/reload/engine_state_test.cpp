#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "hotreload/base/unix_time.h"
#include "hotreload/reload/engine_fixture_test.h"
#include "hotreload/state/folder_state_store.h"

namespace hotreload {
namespace {

using ::testing::HasSubstr;

constexpr auto counter = R"(
offers = [{'kind': 'command', 'name': 'count'}, {'kind': 'command', 'name': 'fail'}]
host = None
def initialize(the_host):
    global host
    host = the_host
async def handle(offer, event):
    n = (await host.call('state.get', {'key': 'n'}))['value'] or 0
    await host.call('state.set', {'key': 'n', 'value': n + 1})
    if offer['name'] == 'fail':
        raise RuntimeError('after the change')
    return str(n + 1)
)";

class EngineStateTest : public EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        auto store = FolderStateStore::open(folder_ / "state");
        ASSERT_TRUE(store.has_value());
        store_ = *std::move(store);
    }
    void TearDown() override {
        stop();
        store_.reset();
        EngineTest::TearDown();
    }
    EngineOptions with_state() {
        auto with = options();
        with.state = store_.get();
        return with;
    }
    void look() { EXPECT_TRUE(await(engine_->caught_up(deadline))); }
    std::string kept(const std::string& plugin, const std::string& key) {
        const auto value = await(store_->get(plugin, key));
        if (!value) return value.error().reason;
        return *value ? json::serialize(**value) : "nothing";
    }

    // The times at which the ticker's schedule was due, as soon as there are so many.
    json::array ticks(std::size_t wanted) {
        const auto until = monotonic_now() + deadline;
        json::array times;
        while (times.size() < wanted && monotonic_now() < until) {
            loop_.run_one_for(Millis(200));
            if (const auto fired = kept("p", "n"); fired != "nothing")
                times = json::parse(fired).as_array();
        }
        return times;
    }

    std::unique_ptr<FolderStateStore> store_;
};

TEST_F(EngineStateTest, StateOutlivesReloadsAndRestarts) {
    save("p.py", counter);
    start(with_state());
    EXPECT_EQ(ask("count"), "1");
    EXPECT_EQ(ask("count"), "2");
    save("p.py", std::string(counter) + "# changed\n");
    look();
    EXPECT_EQ(ask("count"), "3");
    stop();
    start(with_state());
    EXPECT_EQ(ask("count"), "4");
}

TEST_F(EngineStateTest, AHandlerThatFailsChangesNothing) {
    save("p.py", counter);
    start(with_state());
    ASSERT_EQ(ask("count"), "1");
    EXPECT_THAT(ask("fail"), HasSubstr("after the change"));
    EXPECT_EQ(kept("p", "n"), "1");
    EXPECT_EQ(ask("count"), "2");
}

TEST_F(EngineStateTest, WhatTheHostCannotKeepCountsAsFailed) {
    save("p.py", counter);
    start(with_state());
    HandleRequest request{.offer = {.kind = "command", .name = "count", .description = {}}};
    request.commit = [](const Handled& handled) -> Task<Result<void, StateError>> {
        EXPECT_EQ(handled.changes.size(), 1U);
        co_return StateError{"the disk is full"};
    };
    const auto outcome = await(engine_->handle(std::move(request)));
    ASSERT_TRUE(outcome.has_error());
    EXPECT_THAT(outcome.error().message, HasSubstr("the disk is full"));
    EXPECT_EQ(kept("p", "n"), "nothing");
}

TEST_F(EngineStateTest, StateIsMigratedOnACopyBeforeThePublication) {
    save("p.py", std::string(counter) + "state_version = 1\n");
    start(with_state());
    ASSERT_EQ(ask("count"), "1");
    const auto before = now();
    save("p.py", std::string(counter) + "state_version = 2\n" +
                     "def migrate(state, old, new):\n    return {'n': state['n'] + 100}\n");
    look();
    EXPECT_EQ(ask("count"), "102");
    EXPECT_EQ(count(EventType::plugin_state_migrated, before), 1U);
}

TEST_F(EngineStateTest, AMigrationThatFailsLosesNothing) {
    save("p.py", std::string(counter) + "state_version = 1\n");
    start(with_state());
    ASSERT_EQ(ask("count"), "1");
    save("p.py", std::string(counter) + "state_version = 2\n" +
                     "def migrate(state, old, new):\n    raise ValueError('cannot')\n");
    look();
    EXPECT_THAT(status("p").error->reason, HasSubstr("cannot"));
    EXPECT_EQ(ask("count"), "2");

    save("p.py", std::string(counter) + "state_version = 2\n");
    look();
    EXPECT_TRUE(status("p").error.has_value()) << "no migrate hook, and the versions differ";
    EXPECT_EQ(ask("count"), "3");
}

TEST_F(EngineStateTest, GoingBackOverAMigrationSaysWhatToDo) {
    save("p.py", std::string(counter) + "state_version = 1\n");
    start(with_state());
    ASSERT_EQ(ask("count"), "1");
    await_kept("p", 1);
    save("p.py", std::string(counter) + "state_version = 2\n" +
                     "def migrate(state, old, new):\n    return {'n': state['n'] + 100}\n");
    look();
    ASSERT_EQ(ask("count"), "102");
    await_kept("p", 2);
    const auto before = now();
    ASSERT_TRUE(engine_->roll_back("p", 0));
    await_event(EventType::plugin_load_failed, before);
    EXPECT_THAT(status("p").error->reason,
                AllOf(HasSubstr("what it keeps is of state version 2"),
                      HasSubstr("this code has 1 and no way down from 2 to 1"),
                      HasSubstr("Choose a generation of state version 2")));
    EXPECT_EQ(ask("count"), "103") << "what served before serves on";
}

TEST_F(EngineStateTest, WhatACandidateKeepsIsRealWithItsPublicationOnly) {
    save("p.py", counter);
    start(with_state());
    ASSERT_EQ(ask("count"), "1");
    const std::string sets_ten =
        "offers = [{'kind': 'command', 'name': 'count'}]\n"
        "async def initialize(host):\n"
        "    await host.call('state.set', {'key': 'n', 'value': 10})\n"
        "def handle(offer, event):\n    return 'ten'\n";
    save("p.py", sets_ten + "def probe():\n    return False\n");
    look();
    EXPECT_EQ(kept("p", "n"), "1");
    save("p.py", sets_ten);
    look();
    EXPECT_EQ(kept("p", "n"), "10");
}

constexpr auto service = R"(
offers = [{'kind': 'service', 'name': 'adder'}]
def handle(offer, event):
    return {'result': event['params']['a'] + 1}
)";
constexpr auto caller = R"(
offers = [{'kind': 'command', 'name': 'ask'}]
host = None
def initialize(the_host):
    global host
    host = the_host
async def handle(offer, event):
    try:
        answer = await host.call('service.call', {'service': 'adder', 'params': {'a': 41}})
        return str(answer['result'])
    except Exception as error:
        return 'refused: ' + str(error)
)";

TEST_F(EngineStateTest, AServiceIsAnsweredByTheGenerationThatServesNow) {
    save("adder.py", service);
    save("caller.py", caller);
    start(with_state());
    EXPECT_EQ(ask("ask"), "42");
    auto changed = std::string(service);
    changed.replace(changed.find("+ 1"), 3, "+ 2");
    save("adder.py", changed);
    look();
    EXPECT_EQ(ask("ask"), "43");
    std::filesystem::remove(plugins() / "adder.py");
    look();
    EXPECT_THAT(ask("ask"), HasSubstr("no plugin offers service 'adder'"));
}

TEST_F(EngineStateTest, ServicesThatCallEachOtherInACircleAreRefused) {
    const auto relay = [](const std::string& name, const std::string& next) {
        return "offers = [{'kind': 'service', 'name': '" + name +
               "'}, {'kind': 'command', 'name': 'c" + name +
               "'}]\nhost = None\ndef initialize(h):\n    global host\n    host = h\n"
               "async def handle(offer, event):\n"
               "    got = await host.call('service.call', {'service': '" +
               next + "', 'params': {}})\n    return {'result': got['result']}\n";
    };
    save("one.py", relay("one", "two"));
    save("two.py", relay("two", "one"));
    start(with_state());
    EXPECT_THAT(ask("cone"), HasSubstr("the calls form a circle: one → two → one"));
}

constexpr auto ticker = R"(
offers = []
schedules = [{'name': 'tick', 'every_seconds': 1}]
host = None
def initialize(the_host):
    global host
    host = the_host
async def handle(offer, event):
    n = (await host.call('state.get', {'key': 'n'}))['value'] or []
    await host.call('state.set', {'key': 'n', 'value': n + [event['due']]})
)";

TEST_F(EngineStateTest, AScheduleFiresOnceInTheGenerationThatServes) {
    save("p.py", ticker);
    start(with_state());
    const auto times = ticks(3);
    ASSERT_GE(times.size(), 3U);
    for (std::size_t i = 1; i < times.size(); ++i)
        EXPECT_GT(times[i].as_int64(), times[i - 1].as_int64()) << "each due time once";
}

TEST_F(EngineStateTest, AScheduleGoesOnAfterTheClockWasSetBack) {
    constexpr std::int64_t year_s = 31'536'000;
    StateChanges ahead{{".schedule.tick", json::value(unix_now() + year_s)}};
    ASSERT_TRUE(await(store_->commit("p", std::move(ahead))).has_value());
    save("p.py", ticker);
    start(with_state());
    const auto times = ticks(2);
    ASSERT_GE(times.size(), 2U);
    EXPECT_LT(times[0].as_int64(), unix_now() + 1);
}

}  // namespace
}  // namespace hotreload
