#include "hotreload/worker/worker.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/model/limits.h"
#include "hotreload/worker/worker_fixture.h"

namespace hotreload {
namespace {

using test::open_descriptors;
using test::process_exists;
using testing::HasSubstr;

const Offer bad_command{"command", "bad", ""};

Task<Result<json::value, RpcError>> answer(std::string method, json::object params) {
    if (method == "store.chat") co_return json::value(params);
    co_return RpcError{rpc_code::not_permitted, "no grant for " + method, nullptr};
}

Task<Result<json::value, RpcError>> refuse(std::string method, json::object) {
    co_return RpcError{rpc_code::not_permitted, "no grant for " + method, nullptr};
}

class WorkerTest : public test::LoopTest {
protected:
    WorkerTest() {
        std::filesystem::create_directories(data_dir);
        descriptors_before = open_descriptors();
    }
    ~WorkerTest() override { std::filesystem::remove_all(data_dir); }

    // After a worker has ended and is destroyed nothing of it may be left.
    void TearDown() override {
        for (const pid_t pid : pids) {
            EXPECT_NO_THROW(run_until([&] { return !process_exists(pid); }))
                << "process " << pid << " is left";
        }
        EXPECT_NO_THROW(run_until([&] { return open_descriptors() == descriptors_before; }))
            << "descriptors before " << descriptors_before << ", after " << open_descriptors();
    }

    std::unique_ptr<Worker> start(const std::string& behaviour, HostCall host_call = answer,
                                  Millis exit_report_grace = test::sure_to_know) {
        WorkerOptions options{.identity = {behaviour, 3, Language::cpp},
                              .native_worker = BAD_WORKER,
                              .working_dir = data_dir,
                              .host_call = std::move(host_call),
                              .exit_report_grace = exit_report_grace};
        auto started = run(Worker::start(loop.get_executor(), events, std::move(options)));
        EXPECT_TRUE(started);
        pids.push_back((*started)->pid());
        return *std::move(started);
    }
    Result<Manifest, Failure> load(Worker& worker) {
        return run(worker.load({.entry = "/x/bad.so", .roots = {"/x"}, .data_dir = data_dir}));
    }
    std::unique_ptr<Worker> start_and_load(const std::string& behaviour) {
        auto worker = start(behaviour);
        const auto manifest = load(*worker);
        EXPECT_TRUE(manifest) << manifest.error().reason;
        return worker;
    }
    Result<json::value, RpcError> handle(Worker& worker, int number,
                                         Millis deadline = test::sure_to_know) {
        return run(worker.handle(bad_command, {{"number", number}}, deadline));
    }

    std::filesystem::path data_dir =
        std::filesystem::path(testing::TempDir()) / ("worker_" + std::to_string(::getpid()));
    std::vector<pid_t> pids;
    std::ptrdiff_t descriptors_before = 0;
};

TEST_F(WorkerTest, LoadsProbesHandlesAndStops) {
    auto worker = start("good");
    const auto manifest = load(*worker);
    ASSERT_TRUE(manifest) << manifest.error().reason;
    EXPECT_EQ(manifest->class_name, "Bad");
    EXPECT_EQ(manifest->offers, (std::vector<Offer>{{"command", "bad", "d"}}));
    EXPECT_EQ(manifest->state_version, 2);
    EXPECT_EQ(manifest->permissions, std::vector<std::string>{"net"});
    ASSERT_EQ(manifest->files.size(), 1U);
    EXPECT_EQ(manifest->files[0].path, "/x/bad.cpp");
    EXPECT_TRUE(run(worker->probe()));
    const auto reply = handle(*worker, 42);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->at("number"), 42);
    EXPECT_EQ(reply->at("home").as_string(), data_dir.string());  // and not the host's
    EXPECT_EQ(worker->identity().generation, 3U);

    EXPECT_EQ(run(worker->stop()).text(), "exit status 0");
    EXPECT_EQ(run(worker->stop()).text(), "exit status 0");
    EXPECT_EQ(run(worker->exited()).text(), "exit status 0");
    EXPECT_FALSE(process_exists(worker->pid()));
    EXPECT_EQ(worker->diagnose().conversation, "closed by this side");
}

TEST_F(WorkerTest, AMissingProgramIsAFailure) {
    WorkerOptions options{.identity = {"good", 1, Language::cpp},
                          .native_worker = "/nowhere/worker"};
    const auto started = run(Worker::start(loop.get_executor(), events, std::move(options)));
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().stage, Stage::starting);
    EXPECT_THAT(started.error().reason, HasSubstr("cannot start /nowhere/worker: No such file"));
}

TEST_F(WorkerTest, ACrashWhileLoadingIsTheReason) {
    auto worker = start("crash_at_load");
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().stage, Stage::starting);
    EXPECT_EQ(manifest.error().reason,
              "the process ended while loading: signal 11 (Segmentation fault)");
    EXPECT_EQ(manifest.error().output, "about to crash\n");
}

TEST_F(WorkerTest, AnExitWhileLoadingIsTheReason) {
    auto worker = start("exit_at_load");
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().reason, "the process ended while loading: exit status 7");
    EXPECT_EQ(manifest.error().output, "no library here");
    ASSERT_EQ(events_of(EventType::plugin_output).size(),
              1U);  // a last line without newline is a line
    EXPECT_EQ(text(events_of(EventType::plugin_output)[0], "line"), "no library here");
    EXPECT_EQ(worker->diagnose().exit->text(), "exit status 7");
}

TEST_F(WorkerTest, GarbageEndsTheWorker) {
    auto worker = start("garbage_at_load");
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().reason,
                HasSubstr("the conversation ended while loading: unreadable message: "));
    EXPECT_THAT(manifest.error().reason, HasSubstr("; the process then ended: exit status 0"));
    EXPECT_FALSE(process_exists(worker->pid()));
}

TEST_F(WorkerTest, AGiantMessageEndsTheWorker) {
    auto worker = start("giant_message");
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().reason, HasSubstr("message over 16777216 bytes"));
    EXPECT_FALSE(run(worker->exited()).success());
}

TEST_F(WorkerTest, ClosingTheSocketEndsTheProcessToo) {
    auto worker = start("early_close", answer, Millis(1));
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().reason, HasSubstr("; the process still runs and is being ended"));
    EXPECT_EQ(run(worker->exited()).text(), "signal 15 (Terminated)");
}

TEST_F(WorkerTest, APluginErrorNamesItsPlace) {
    auto worker = start("fail_at_load");
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().reason, "ValueError: no");
    ASSERT_EQ(manifest.error().diagnostics.size(), 1U);
    EXPECT_EQ(manifest.error().diagnostics[0].file, "/p/a.py");
    EXPECT_EQ(manifest.error().diagnostics[0].line, 12);
    EXPECT_EQ(manifest.error().output, "Traceback: a.py:12");
    run(worker->stop());
    EXPECT_EQ(worker->diagnose().stderr_tail, "said on stderr\n");
}

TEST_F(WorkerTest, ABadManifestIsNamed) {
    auto worker = start("bad_manifest");
    const auto manifest = load(*worker);
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().reason, "the reply to load is no manifest: `offers` is not a list");
}

TEST_F(WorkerTest, ASilentWorkerIsKilledWhenDestroyed) {
    auto worker = start("silent_at_load");
    auto loading = worker->load({.entry = "/x/bad.so"});
    worker.reset();
    const auto manifest = run(std::move(loading));  // a call outlives its worker
    ASSERT_FALSE(manifest);
    EXPECT_THAT(manifest.error().reason, HasSubstr("signal 9 (Killed)"));
}

TEST_F(WorkerTest, MigratesWhatIsKept) {
    auto worker = start_and_load("good");
    const auto state = run(worker->migrate(1, 2, {{"count", 7}}));
    ASSERT_TRUE(state) << state.error().reason;
    EXPECT_EQ(*state, (json::object{{"count", 7}, {"from", 1}, {"to", 2}}));
}

TEST_F(WorkerTest, AMigrationThatFailsSaysWhy) {
    const auto failure = [&](const std::string& behaviour) {
        auto worker = start_and_load(behaviour);
        const auto state = run(worker->migrate(1, 2, {{"count", 7}}));
        EXPECT_FALSE(state);
        return state ? Failure{} : state.error();
    };
    const auto raised = failure("migrate_fails");
    EXPECT_EQ(raised.stage, Stage::starting);
    EXPECT_EQ(raised.reason, "KeyError: total");
    ASSERT_EQ(raised.diagnostics.size(), 1U);
    EXPECT_EQ(raised.diagnostics[0].line, 3);
    EXPECT_EQ(failure("no_migration").reason,
              "what it keeps is of state version 1, this code has 2 and no migrate hook: add one, "
              "or go back to state version 1");
    EXPECT_EQ(failure("bad_migration").reason, "the reply to migrate has no object `state`");
    EXPECT_EQ(failure("crash_at_migrate").reason,
              "the process ended during its migration: signal 11 (Segmentation fault)");
}

TEST_F(WorkerTest, AFailedProbeSaysWhy) {
    auto worker = start_and_load("probe_fails");
    const auto probed = run(worker->probe());
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().stage, Stage::probing);
    EXPECT_EQ(probed.error().reason, "no fonts");
    auto other = start_and_load("crash_at_probe");
    EXPECT_EQ(run(other->probe()).error().reason,
              "the process ended during its self-test: signal 11 (Segmentation fault)");
}

TEST_F(WorkerTest, ACrashDuringACallIsItsError) {
    auto worker = start_and_load("crash_mid_call");
    const auto reply = handle(*worker, 1);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, rpc_code::disconnected);
    EXPECT_EQ(reply.error().message,
              "the process ended during the call: signal 11 (Segmentation fault)");
    EXPECT_EQ(handle(*worker, 2).error().code, rpc_code::disconnected);
}

TEST_F(WorkerTest, AReplyBeforeTheExitCounts) {
    auto worker = start_and_load("reply_then_exit");
    const auto reply = handle(*worker, 5);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->at("number"), 5);
    EXPECT_EQ(run(worker->exited()).text(), "exit status 3");
    EXPECT_EQ(handle(*worker, 6).error().message,
              "the process ended before the call: exit status 3");
}

TEST_F(WorkerTest, ACallEndsAtItsDeadline) {
    auto worker = start_and_load("never_answers");
    const auto reply = handle(*worker, 1, Millis(50));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, rpc_code::deadline);
    EXPECT_TRUE(process_exists(worker->pid()));  // what becomes of it is the caller's decision
}

TEST_F(WorkerTest, CallsAreMadeInOrderAndTheQueueIsBounded) {
    auto worker = start_and_load("good");
    std::vector<std::int64_t> answered;
    std::size_t busy = 0;
    const std::size_t calls = limits::handle_queue_max + 3;
    for (std::size_t i = 0; i < calls; ++i) {
        asio::co_spawn(loop, worker->handle(bad_command, {{"number", i}}, test::sure_to_know),
                       [&](const std::exception_ptr&, Result<json::value, RpcError> reply) {
                           if (reply)
                               answered.push_back(reply->at("number").to_number<std::int64_t>());
                           else
                               busy += reply.error().code == rpc_code::busy ? 1 : 0;
                       });
    }
    run_until([&] { return answered.size() + busy == calls; });
    EXPECT_EQ(busy, 2U);  // one is at work, 256 wait
    EXPECT_TRUE(std::ranges::is_sorted(answered));
    EXPECT_EQ(answered.size(), limits::handle_queue_max + 1);
}

TEST_F(WorkerTest, TheHostAnswersItsRequests) {
    auto worker = start_and_load("ask_host");
    const auto reply = handle(*worker, 1);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->at("result"), (json::value{{"chat_id", 5}}));
    auto other = start("ask_host", refuse);
    ASSERT_TRUE(load(*other));
    const auto refused = handle(*other, 1);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->at("error").at("code"), rpc_code::not_permitted);
    EXPECT_EQ(refused->at("error").at("message").as_string(), "no grant for store.chat");
}

TEST_F(WorkerTest, LogNotificationsAreEvents) {
    auto worker = start_and_load("log");
    const auto logged = events_of(EventType::plugin_log);
    ASSERT_EQ(logged.size(), 1U);
    EXPECT_EQ(logged[0].level, Level::warning);
    EXPECT_EQ(text(logged[0], "plugin"), "log");
    EXPECT_EQ(text(logged[0], "message"), "careful");
    EXPECT_EQ(*logged[0].find("count"), FieldValue(std::int64_t{3}));
    EXPECT_EQ(*logged[0].find("names"), FieldValue(std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(text(logged[0], "plugin_"), "x");
    EXPECT_EQ(text(logged[0], "deep"), R"({"a":1})");
}

TEST_F(WorkerTest, AFloodIsCounted) {
    const Stopwatch watch;
    auto worker = start_and_load("flood_stdout");
    EXPECT_TRUE(run(worker->stop()).success());
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(watch.total()).count() + 1;
    const auto lines = events_of(EventType::plugin_output);
    std::int64_t shown = 0;
    std::int64_t dropped = 0;
    for (const Event& line : lines) {
        EXPECT_EQ(text(line, "stream"), "stdout");
        const std::string words = text(line, "line");
        if (words.ends_with(" further lines dropped"))
            dropped += std::stoll(words);
        else
            ++shown;
    }
    EXPECT_EQ(shown + dropped, 20'000);
    const auto a_second = static_cast<std::int64_t>(limits::output_lines_per_second_max);
    EXPECT_GE(shown, a_second);
    EXPECT_LE(shown, a_second * seconds);
}

TEST_F(WorkerTest, AWorkerThatIgnoresTermIsKilled) {
    auto worker = start_and_load("ignore_term");
    std::vector<std::string> ends;
    for (int i = 0; i < 3; ++i) {
        asio::co_spawn(loop, worker->stop(), [&](const std::exception_ptr&, ExitStatus status) {
            ends.push_back(status.text());
        });
    }
    run_until([&] { return ends.size() == 3; });
    EXPECT_EQ(ends, std::vector<std::string>(3, "signal 9 (Killed)"));
}

TEST_F(WorkerTest, AGrandchildEndsWithItsWorker) {
    auto worker = start("grandchild");
    const auto manifest = load(*worker);
    ASSERT_TRUE(manifest);
    const pid_t grandchild = std::stoi(manifest->description);
    EXPECT_TRUE(process_exists(grandchild));
    EXPECT_EQ(run(worker->stop()).text(), "exit status 0");
    EXPECT_NO_THROW(run_until([&] { return test::process_ended(grandchild); }));
}

}  // namespace
}  // namespace hotreload
