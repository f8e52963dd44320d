#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "hotreload/reload/engine_fixture_test.h"
#include "hotreload/source/recent_contents.h"

namespace hotreload {
namespace {

using ::testing::HasSubstr;

// A C++ plugin with one command that answers one word.
std::string cpp(const std::string& answer) {
    return R"(#include <hotreload/plugin.h>
#include <tgstats/plugin.hpp>
class P : public tgstats::CommandPlugin {
    tgstats::Metadata metadata() const override { return {.name = "p"}; }
    void commands(tgstats::Commands& commands) override {
        commands.add("c", "", [](tgstats::Call& call) { call.reply_text(")" +
           answer + R"("); });
    }
};
TGSTATS_PLUGIN(P)
)";
}

class EngineHistoryTest : public EngineTest {
protected:
    void look() { EXPECT_TRUE(await(engine_->caught_up(deadline))); }
    void serve_two_after_what_is_saved() {
        start();
        await_kept("p", 1);
        save("p.py", python("p", "two"));
        look();
        await_kept("p", 2);
    }
    void again(EngineOptions options) {
        stop();
        start(std::move(options));
    }
    void again() { again(options()); }
    // What the C++ command answers.
    std::string ask_cpp() {
        auto outcome = await(
            engine_->handle({.offer = {.kind = "command", .name = "c", .description = {}},
                             .event = {{"message", {{"chat", {{"id", 1}}}, {"message_id", 1}}}}}));
        if (outcome.has_error()) return "error: " + outcome.error().message;
        const auto text = json::serialize(*outcome);
        for (const auto* word : {"one", "two", "three"})
            if (text.find(word) != std::string::npos) return word;
        return text;
    }
};

TEST_F(EngineHistoryTest, RollsBackWithoutTheFileUntilItIsSavedAgain) {
    save("p.py", python("p", "one"));
    serve_two_after_what_is_saved();
    ASSERT_EQ(ask("p"), "two");

    EXPECT_TRUE(engine_->roll_back("p", 0).has_value());
    settle();
    EXPECT_EQ(ask("p"), "one");
    look();
    EXPECT_EQ(ask("p"), "one") << "the file still says two, and that is held back";

    again();
    EXPECT_EQ(ask("p"), "one") << "also after a restart";

    save("p.py", python("p", "three"));
    look();
    EXPECT_EQ(ask("p"), "three");
    const auto history = engine_->history("p");
    ASSERT_FALSE(history.empty());
    EXPECT_EQ(
        engine_->roll_back("p", history.front().number + 7).error(),
        "'p' has no generation " + std::to_string(history.front().number + 7) + " in its history");
}

// Nothing is kept, and newer content is saved when a generation is about to be published.
class OvertakingStore : public StateStore {
public:
    explicit OvertakingStore(std::function<void()> overtake) : overtake_(std::move(overtake)) {}
    Task<Result<PluginState, StateError>> read(std::string /*plugin*/) override {
        if (overtake_) std::exchange(overtake_, nullptr)();
        co_return PluginState();
    }
    Task<Result<std::optional<json::value>, StateError>> get(std::string /*plugin*/,
                                                             std::string /*key*/) override {
        co_return std::optional<json::value>();
    }
    Task<Result<void, StateError>> commit(std::string /*plugin*/,
                                          StateChanges /*changes*/) override {
        co_return Result<void, StateError>();
    }
    Task<Result<void, StateError>> replace_all(
        std::map<std::string, PluginState> /*states*/) override {
        co_return Result<void, StateError>();
    }

private:
    std::function<void()> overtake_;
};

TEST_F(EngineHistoryTest, WhatServedIsKeptAlthoughItsFileHoldsNewerContent) {
    OvertakingStore store([this] { save("p.py", python("p", "two")); });
    save("p.py", python("p", "one"));
    auto with = options();
    with.state = &store;
    start(std::move(with));
    look();
    await_kept("p", 2);
    EXPECT_EQ(ask("p"), "two");
    ASSERT_TRUE(engine_->roll_back("p", 0).has_value());
    settle();
    EXPECT_EQ(ask("p"), "one");
    stop();
}

TEST_F(EngineHistoryTest, WhatCouldNotBeKeptIsSaidToBeSo) {
    // Too large to be remembered: only the disk has it.
    const std::string much(RecentContents::file_bytes_max, '#');
    OvertakingStore store([this] { save("p.py", python("p", "two")); });
    save("p.py", python("p", "one") + much);
    auto with = options();
    with.state = &store;
    start(std::move(with));
    look();
    await_kept("p", 2);
    EXPECT_EQ(engine_->roll_back("p", 0).error(),
              "generation 1 of 'p' was not kept: newer content came before its files were copied");
    EXPECT_EQ(ask("p"), "two");
    stop();
}

TEST_F(EngineHistoryTest, ARollbackThatFailsLeavesNothingBehind) {
    save("p.py", R"(import os
offers = [{'kind': 'command', 'name': 'p'}]
def initialize(host):
    path = os.path.join(host.data_dir, 'used')
    if os.path.exists(path):
        raise RuntimeError('only once')
    open(path, 'w').close()
def handle(offer, event):
    return 'one'
)");
    serve_two_after_what_is_saved();

    ASSERT_TRUE(engine_->roll_back("p", 0).has_value());
    settle();
    EXPECT_EQ(ask("p"), "two");
    ASSERT_TRUE(engine_->status().front().error);
    EXPECT_THAT(engine_->status().front().error->reason, HasSubstr("only once"));
    look();
    EXPECT_FALSE(engine_->status().front().error) << "no edit has failed";
    again();
    EXPECT_EQ(ask("p"), "two") << "what could not come back holds nothing back";
}

TEST_F(EngineHistoryTest, AReloadThatIsAskedForLiftsARollback) {
    save("p.py", python("p", "one"));
    serve_two_after_what_is_saved();
    ASSERT_TRUE(engine_->roll_back("p", 0).has_value());
    settle();
    ASSERT_EQ(ask("p"), "one");
    EXPECT_TRUE(engine_->reload("p").has_value());
    settle();
    EXPECT_EQ(ask("p"), "two");
}

TEST_F(EngineHistoryTest, WhatFallsTooOftenGivesWayToWhatServedWell) {
    save("p.py", python("p", "good"));
    start();
    await_kept("p", 1);
    save("p.py",
         "import os\noffers = [{'kind': 'command', 'name': 'p'}]\n"
         "def handle(offer, event):\n    os._exit(3)\n");
    look();
    std::string answer;
    for (int i = 0; i < 8 && answer != "good"; ++i) answer = ask("p");
    EXPECT_EQ(answer, "good");
    EXPECT_THAT(status("p").error->reason, HasSubstr("crashed too often"));
    look();
    EXPECT_EQ(ask("p"), "good");
    save("p.py", python("p", "mended"));
    look();
    EXPECT_EQ(ask("p"), "mended");
}

TEST_F(EngineHistoryTest, WhatWasBrokenMeanwhileStartsAsItServedLast) {
    save("p.py", python("p", "one"));
    save("helper_of_q.py", "word = 'q'\n");
    start();
    await_kept("p", 1);
    stop();
    save("p.py", "def broken(:\n");
    start();
    EXPECT_EQ(ask("p"), "one");
    EXPECT_THAT(status("p").error->diagnostics.at(0).file, HasSubstr("p.py"));
    save("p.py", python("p", "two"));
    look();
    EXPECT_EQ(ask("p"), "two");
}

TEST_F(EngineHistoryTest, AColdStartNeedsNoCompiler) {
    save("p.cpp", cpp("one"));
    start();
    ASSERT_EQ(ask_cpp(), "one");
    await_kept("p", 1);
    auto without = options();
    without.compiler = "/nonexistent/g++";
    const auto before = now();
    again(std::move(without));
    EXPECT_EQ(ask_cpp(), "one");
    EXPECT_EQ(count(EventType::compiler_missing, before), 1U);
    EXPECT_EQ(count(EventType::plugin_build_started, before), 0U);
    EXPECT_FALSE(status("p").error.has_value());
}

TEST_F(EngineHistoryTest, WhatChangedMeanwhileIsBuiltBehindWhatServedLast) {
    save("p.cpp", cpp("one"));
    start();
    ASSERT_EQ(ask_cpp(), "one");
    await_kept("p", 1);
    stop();
    save("p.cpp", cpp("two"));
    const auto before = now();
    engine_.emplace(loop_.get_executor(), options(), events_);
    await(engine_->start());
    await_event(EventType::plugins_reloaded, before);
    EXPECT_EQ(count(EventType::plugin_build_failed, before), 0U);
    EXPECT_EQ(ask_cpp(), "one");
    look();
    EXPECT_EQ(ask_cpp(), "two");
}

TEST_F(EngineHistoryTest, AnArtifactThatNoLongerLoadsIsBuiltAgain) {
    save("p.cpp", cpp("one"));
    start();
    await_kept("p", 1);
    const auto artifact = engine_->history("p").front().entry;
    stop();
    std::filesystem::permissions(artifact, std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    std::ofstream(artifact, std::ios::trunc) << "no library";
    std::filesystem::remove_all(folder_ / "cache" / "objects");
    start();
    look();
    EXPECT_EQ(ask_cpp(), "one");
}

}  // namespace
}  // namespace hotreload
