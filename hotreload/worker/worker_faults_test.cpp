// Every fault at every stage, on the socket itself: each call ends with a reason, and when the
// worker is stopped nothing of it is left.

#include <filesystem>
#include <memory>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/worker/worker.h"
#include "hotreload/worker/worker_fixture.h"

namespace hotreload {
namespace {

using testing::HasSubstr;

struct Fault {
    std::string name;
    std::string reason;   // part of what the call ends with
    bool answers = true;  // ends the call by itself, before any deadline

    // Who names how the process ended waits until that is known.
    [[nodiscard]] Millis exit_report_grace() const {
        const bool names_the_end = reason.starts_with("signal") || reason.starts_with("exit");
        return names_the_end ? test::sure_to_know : Millis(100);
    }
};

const Fault faults[] = {
    {"error", "ValueError: no"},
    {"crash", "signal 11"},
    {"exit_0", "exit status 0"},
    {"exit_3", "exit status 3"},
    {"descendant", "exit status 4"},
    {"garbage", "unreadable message"},
    {"half_a_line", "the conversation ended"},
    {"no_object", "the conversation ended"},
    {"wrong_version", "the conversation ended"},
    {"deep", "the conversation ended"},
    {"giant", "message over 16777216 bytes"},
    {"close", "the conversation ended"},
    {"hang", "", false},
    {"stop", "", false},
};

class WorkerFaultsTest : public test::LoopTest,
                         public testing::WithParamInterface<std::tuple<std::string, Fault>> {
protected:
    WorkerFaultsTest() {
        std::filesystem::create_directories(data_dir_);
        descriptors_before_ = test::open_descriptors();
    }
    ~WorkerFaultsTest() override { std::filesystem::remove_all(data_dir_); }

    void start(const std::string& behaviour) {
        WorkerOptions options{.identity = {behaviour, 1, Language::cpp},
                              .native_worker = BAD_WORKER,
                              .working_dir = data_dir_,
                              .host_call = {},
                              .exit_report_grace = std::get<1>(GetParam()).exit_report_grace()};
        auto started = run(Worker::start(loop.get_executor(), events, std::move(options)));
        ASSERT_TRUE(started);
        worker_ = *std::move(started);
        pid_ = worker_->pid();
    }

    // What the call at this stage ended with; empty when it succeeded.
    std::string reason_at(const std::string& stage) {
        const auto loaded = run(worker_->load({.entry = "/x/bad.so", .data_dir = data_dir_}));
        if (!loaded) return loaded.error().reason;
        if (stage == "load") return "";
        const auto probed = run(worker_->probe());
        if (!probed) return probed.error().reason;
        if (stage == "probe") return "";
        const Offer asked{"command", "bad", ""};
        const auto handled = run(worker_->handle(asked, {{"number", 1}}, Millis(deadline_ms())));
        return handled ? "" : handled.error().message;
    }
    [[nodiscard]] static int deadline_ms() { return std::get<1>(GetParam()).answers ? 60'000 : 50; }

    void nothing_is_left() {
        worker_.reset();
        EXPECT_NO_THROW(run_until([&] { return test::process_ended(pid_); }));
        EXPECT_NO_THROW(run_until([&] { return test::open_descriptors() == descriptors_before_; }))
            << "descriptors before " << descriptors_before_ << ", after "
            << test::open_descriptors();
    }

    std::unique_ptr<Worker> worker_;
    pid_t pid_ = -1;

private:
    std::filesystem::path data_dir_ =
        std::filesystem::path(testing::TempDir()) / ("faults_" + std::to_string(::getpid()));
    std::ptrdiff_t descriptors_before_ = 0;
};

TEST_P(WorkerFaultsTest, EndsWithAReasonAndLeavesNothing) {
    const auto& [stage, fault] = GetParam();
    start(stage + ":" + fault.name);
    // A worker that hangs at load or probe waits for the host's own deadlines, of seconds: it is
    // enough that it can be ended.
    if (fault.answers || stage == "handle") {
        const auto reason = reason_at(stage);
        EXPECT_NE(reason, "");
        EXPECT_THAT(reason, HasSubstr(fault.reason));
    }
    const auto status = run(worker_->stop());
    EXPECT_NE(status.text(), "");
    nothing_is_left();
}

std::string shown(const testing::TestParamInfo<std::tuple<std::string, Fault>>& sweep) {
    return std::get<0>(sweep.param) + "_" + std::get<1>(sweep.param).name;
}

INSTANTIATE_TEST_SUITE_P(Sweep, WorkerFaultsTest,
                         testing::Combine(testing::Values("load", "probe", "handle"),
                                          testing::ValuesIn(faults)),
                         shown);

}  // namespace
}  // namespace hotreload
