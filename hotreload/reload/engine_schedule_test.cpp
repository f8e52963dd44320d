#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "hotreload/base/unix_time.h"
#include "hotreload/reload/engine_fixture_test.h"
#include "hotreload/state/folder_state_store.h"

namespace hotreload {
namespace {

// Notes when it was due.
std::string noting(int every_seconds, const std::string& first = {}) {
    return "import asyncio, os\noffers = []\nhost = None\n"
           "schedules = [{'name': 'tick', 'every_seconds': " +
           std::to_string(every_seconds) + "}]\n" + R"(
def initialize(the_host):
    global host
    host = the_host
async def handle(offer, event):
)" + first +
           R"(
    n = (await host.call('state.get', {'key': 'n'}))['value'] or []
    await host.call('state.set', {'key': 'n', 'value': n + [event['due']]})
)";
}

class EngineScheduleTest : public EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        store_ = std::move(*FolderStateStore::open(folder_ / "state"));
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
    std::size_t fired() {
        const auto noted = await(store_->get("p", "n"));
        return noted && *noted ? (*noted)->as_array().size() : 0;
    }
    void run_until(const std::function<bool()>& done) {
        const auto until = monotonic_now() + deadline;
        while (!done() && monotonic_now() < until) {
            loop_.restart();
            loop_.run_one_for(Millis(20));
        }
        ASSERT_TRUE(done());
    }
    static Task<json::object> event_of(DueSchedule due) {
        co_return json::object{{"schedule", due.name}, {"due", due.due}};
    }

    std::unique_ptr<FolderStateStore> store_;
};

TEST_F(EngineScheduleTest, AHostThatThrowsDoesNotEndASchedule) {
    save("p.py", noting(1));
    auto with = with_state();
    int calls = 0;
    with.schedule_event = [&calls](DueSchedule due) {
        if (++calls == 1) throw std::runtime_error("the database is busy");
        return event_of(std::move(due));
    };
    const auto before = now();
    start(std::move(with));
    run_until([&] { return fired() > 0; });
    EXPECT_EQ(count(EventType::plugin_schedule_failed, before), 1U);
    EXPECT_EQ(count(EventType::internal_error, before), 0U);
}

TEST_F(EngineScheduleTest, AScheduleThatIsChangedWhileItFiresDoesNotFireTwice) {
    constexpr std::int64_t hour_s = 3'600;
    StateChanges an_hour_ago{{".schedule.tick", json::value(unix_now() - hour_s)}};
    ASSERT_TRUE(await(store_->commit("p", std::move(an_hour_ago))));
    save("p.py", noting(3'600, R"(
    open('waiting', 'w').close()
    while not os.path.exists('go'):
        await asyncio.sleep(0.01)
)"));
    start(with_state());
    const auto folder = folder_ / "data" / "p";
    run_until([&] { return std::filesystem::exists(folder / "waiting"); });
    const auto before = now();
    save("p.py", noting(1'800));
    EXPECT_TRUE(await(engine_->caught_up(deadline)));
    ASSERT_EQ(status("p").generation, 2U);
    const auto until = monotonic_now() + Millis(300);
    run_until([&] { return monotonic_now() > until; });
    EXPECT_EQ(fired(), 0U) << "the new code has begun what the old is at";
    std::ofstream(folder / "go") << "go";
    await_event(EventType::plugins_reloaded, before);
    EXPECT_EQ(fired(), 1U);
}

}  // namespace
}  // namespace hotreload
