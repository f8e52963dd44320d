#include "hotreload/worker/nursery.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/sha256.h"
#include "hotreload/worker/worker.h"
#include "hotreload/worker/worker_fixture.h"

namespace hotreload {
namespace {

using test::open_descriptors;
using test::process_exists;
using testing::HasSubstr;

const std::filesystem::path sdk_dir = std::filesystem::path(SOURCE_DIR) / "sdk" / "python";

// Runs with the real nursery and worker of sdk/python, and the adapter hotreload.plain.
class NurseryTest : public test::LoopTest {
protected:
    NurseryTest() : descriptors_before(open_descriptors()) {
        std::filesystem::create_directories(folder / "data");
        nursery = std::make_unique<Nursery>(loop.get_executor(), events,
                                            NurseryOptions{.sdk_dir = sdk_dir});
    }
    void TearDown() override {
        const pid_t pid = nursery->pid();
        run(nursery->stop());
        nursery.reset();
        if (pid > 0) {
            EXPECT_FALSE(process_exists(pid));
        }
        EXPECT_NO_THROW(run_until([&] { return open_descriptors() == descriptors_before; }))
            << "descriptors before " << descriptors_before << ", after " << open_descriptors();
        std::filesystem::remove_all(folder);
    }

    // Of a nursery that is set aside soon when it says nothing.
    std::unique_ptr<Worker> start_with_impatience(std::uint64_t generation) {
        nursery = std::make_unique<Nursery>(
            loop.get_executor(), events,
            NurseryOptions{.sdk_dir = sdk_dir, .silence_max = Millis(3'000)});
        return start(generation);
    }
    std::unique_ptr<Worker> start(std::uint64_t generation) {
        WorkerOptions options{.identity = {"sample", generation, Language::python},
                              .nursery = nursery.get(),
                              .working_dir = folder / "data",
                              .exit_report_grace = test::sure_to_know};
        auto started = run(Worker::start(loop.get_executor(), events, std::move(options)));
        EXPECT_TRUE(started) << started.error().reason;
        return *std::move(started);
    }
    // Loads `source` as a plugin file of its own.
    Result<Manifest, Failure> load(Worker& worker, const std::string& source) {
        const auto entry = folder / "sample.py";
        std::ofstream(entry) << source;
        return run(worker.load({.entry = entry,
                                .module = "plugins.sample",
                                .roots = {folder},
                                .data_dir = folder / "data"}));
    }

    std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("nursery_" + std::to_string(::getpid()));
    std::ptrdiff_t descriptors_before = 0;
    std::unique_ptr<Nursery> nursery;
};

const Offer offer{"call", "answer", ""};
constexpr const char* good_source =
    "offers = [{'kind': 'call', 'name': 'answer'}]\n"
    "def handle(offer, event):\n    return {'doubled': event['number'] * 2}\n";

TEST_F(NurseryTest, APythonWorkerLoadsHandlesAndStops) {
    auto worker = start(1);
    const auto manifest = load(*worker, good_source);
    ASSERT_TRUE(manifest) << manifest.error().reason << "\n" << manifest.error().output;
    ASSERT_EQ(manifest->files.size(), 1U);
    EXPECT_EQ(manifest->files[0].sha256, sha256(good_source));
    EXPECT_TRUE(run(worker->probe()));
    EXPECT_EQ(manifest->offers, std::vector<Offer>{offer});
    const auto reply = run(worker->handle(offer, {{"number", 21}}, test::sure_to_know));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->at("doubled"), 42);
    EXPECT_EQ(run(worker->stop()).text(), "exit status 0");
    EXPECT_FALSE(process_exists(worker->pid()));
    EXPECT_GT(nursery->pid(), 0);
}

TEST_F(NurseryTest, AnExceptionAtImportHasPlaceAndTraceback) {
    auto worker = start(1);
    const auto manifest = load(*worker, "x = 1\nraise ValueError('no such table')\n");
    ASSERT_FALSE(manifest);
    EXPECT_EQ(manifest.error().reason, "ValueError: no such table");
    ASSERT_EQ(manifest.error().diagnostics.size(), 1U);
    EXPECT_THAT(manifest.error().diagnostics[0].file, HasSubstr("sample.py"));
    EXPECT_EQ(manifest.error().diagnostics[0].line, 2);
    EXPECT_THAT(manifest.error().output, HasSubstr("Traceback"));
    run(worker->stop());
}

TEST_F(NurseryTest, ADeathAtImportIsTheReason) {
    auto worker = start(1);
    const auto killed = load(
        *worker, "import os, sys\nprint('going', file=sys.stderr)\nos.kill(os.getpid(), 11)\n");
    ASSERT_FALSE(killed);
    EXPECT_EQ(killed.error().reason,
              "the process ended while loading: signal 11 (Segmentation fault)");
    EXPECT_THAT(killed.error().output, HasSubstr("going"));
    EXPECT_FALSE(process_exists(worker->pid()));
    auto other = start(2);
    const auto exited = load(*other, "import os\nos._exit(4)\n");
    ASSERT_FALSE(exited);
    EXPECT_EQ(exited.error().reason, "the process ended while loading: exit status 4");
}

TEST_F(NurseryTest, PrintedLinesAreEvents) {
    auto worker = start(6);
    ASSERT_TRUE(
        load(*worker, "import sys\nprint('out line')\nprint('err line', file=sys.stderr)\n" +
                          std::string(good_source)));
    run(worker->stop());
    std::vector<std::string> lines;
    for (const Event& event : events_of(EventType::plugin_output)) {
        lines.push_back(text(event, "stream") + ": " + text(event, "line"));
        EXPECT_EQ(*event.find("generation"), FieldValue(std::int64_t{6}));
    }
    EXPECT_THAT(lines, testing::UnorderedElementsAre("stdout: out line", "stderr: err line"));
}

TEST_F(NurseryTest, ManyForksAtOnceAreManyWorkers) {
    constexpr std::size_t count = 20;
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t i = 0; i < count; ++i) {
        WorkerOptions options{.identity = {"sample", i + 1, Language::python},
                              .nursery = nursery.get()};
        asio::co_spawn(
            loop, Worker::start(loop.get_executor(), events, std::move(options)),
            [&](const std::exception_ptr&, Result<std::unique_ptr<Worker>, Failure> started) {
                ASSERT_TRUE(started) << started.error().reason;
                workers.push_back(*std::move(started));
            });
    }
    run_until([&] { return workers.size() == count; });
    std::vector<pid_t> pids;
    for (const auto& worker : workers) pids.push_back(worker->pid());
    std::ranges::sort(pids);
    EXPECT_EQ(std::ranges::adjacent_find(pids), pids.end());
    workers.clear();  // destroyed without stop: killed
    run_until([&] { return std::ranges::none_of(pids, process_exists); });
}

TEST_F(NurseryTest, AGrandchildEndsWithItsWorker) {
    auto worker = start(1);
    const auto manifest = load(*worker,
                               "import os, time\n"
                               "child = os.fork()\n"
                               "if child == 0:\n    time.sleep(600)\n"
                               "description = str(child)\n" +
                                   std::string(good_source));
    ASSERT_TRUE(manifest) << manifest.error().reason;
    const pid_t grandchild = std::stoi(manifest->description);
    EXPECT_FALSE(test::process_ended(grandchild));
    run(worker->stop());
    EXPECT_NO_THROW(run_until([&] { return test::process_ended(grandchild); }));
}

TEST_F(NurseryTest, ANurseryThatDiesTakesItsWorkersAndIsReplaced) {
    auto worker = start(1);
    ASSERT_TRUE(load(*worker, good_source));
    const pid_t first = nursery->pid();
    ::kill(first, SIGKILL);
    EXPECT_EQ(run(worker->exited()).text(), "signal 9 (Killed)");
    auto next = start(2);
    EXPECT_TRUE(load(*next, good_source));
    EXPECT_NE(nursery->pid(), first);
    EXPECT_FALSE(process_exists(first));
    run(next->stop());
}

TEST_F(NurseryTest, ANurseryThatHangsIsReplacedAndKeepsItsWorkers) {
    auto worker = start_with_impatience(1);
    ASSERT_TRUE(load(*worker, good_source));
    const pid_t first = nursery->pid();
    ::kill(first, SIGSTOP);
    auto next = start(2);
    EXPECT_TRUE(load(*next, good_source));
    EXPECT_NE(nursery->pid(), first);
    const auto reply = run(worker->handle(offer, {{"number", 21}}, test::sure_to_know));
    ASSERT_TRUE(reply) << "its worker is well: " << reply.error().message;
    EXPECT_EQ(reply->at("doubled"), 42);
    // Nobody reaps it: its end is seen all the same, and with it ends the nursery that hangs.
    ::kill(worker->pid(), SIGABRT);
    EXPECT_EQ(run(worker->exited()).text(), "signal 6 (Aborted)");
    EXPECT_NO_THROW(run_until([&] { return !process_exists(first); }));
    EXPECT_EQ(run(next->stop()).text(), "exit status 0");
}

TEST_F(NurseryTest, WhatANurseryForksThatWakesUpIsNobodysWorker) {
    auto worker = start_with_impatience(1);
    ASSERT_TRUE(load(*worker, good_source));
    const pid_t first = nursery->pid();
    ::kill(first, SIGSTOP);
    auto next = start(2);
    ::kill(first, SIGCONT);  // and does now what it was asked to do
    EXPECT_TRUE(load(*next, good_source));
    const auto reply = run(next->handle(offer, {{"number", 1}}, test::sure_to_know));
    EXPECT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(run(worker->stop()).text(), "exit status 0");
    EXPECT_NO_THROW(run_until([&] { return !process_exists(first); }));
    run(next->stop());
}

TEST_F(NurseryTest, AStoppedWorkerIsKilled) {
    ASSERT_TRUE(run(nursery->ready()));
    auto worker = start(1);
    const pid_t pid = worker->pid();
    ::kill(pid, SIGSTOP);  // it cannot even read end-of-file
    EXPECT_EQ(run(worker->stop()).text(), "signal 9 (Killed)");
    EXPECT_FALSE(process_exists(pid));
}

TEST_F(NurseryTest, AProgramThatCannotStartIsTriedAFewTimesOnly) {
    Nursery broken(loop.get_executor(), events,
                   {.sdk_dir = sdk_dir, .preload = {"json", "no_such_module_at_all"}});
    std::string reason;
    for (int i = 0; i < 6; ++i) {
        const auto ready = run(broken.ready());
        ASSERT_FALSE(ready);
        if (i == 0) {
            EXPECT_THAT(ready.error(), HasSubstr("the nursery ended (exit status 1)"));
            EXPECT_THAT(ready.error(), HasSubstr("no_such_module_at_all"));
        }
        reason = ready.error();
    }
    EXPECT_THAT(reason,
                HasSubstr("the nursery was started 5 times within 30 s and is tried again in"));
    EXPECT_THAT(reason, HasSubstr("no_such_module_at_all"));
    EXPECT_FALSE(events_of(EventType::internal_error).empty());  // what it printed
    run(broken.stop());
    EXPECT_EQ(run(broken.ready()).error(), "the nursery has been stopped");
}

TEST_F(NurseryTest, AMissingInterpreterIsNamed) {
    Nursery broken(loop.get_executor(), events, {.python = "/nowhere/python3", .sdk_dir = sdk_dir});
    EXPECT_THAT(run(broken.ready()).error(), HasSubstr("cannot start /nowhere/python3"));
}

TEST_F(NurseryTest, AWorkerNobodyKnowsIsTakenForKilled) {
    EXPECT_EQ(run(nursery->exited(5'000'000)).text(), "signal 9 (Killed)");
}

}  // namespace
}  // namespace hotreload
