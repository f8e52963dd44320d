#include "hotreload/base/process.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/coroutine_test.h"
#include "hotreload/base/temp_folder_test.h"

namespace hotreload {
namespace {

SpawnOptions shell(const std::string& script) {
    return {.argv = {"sh", "-c", script}, .env = {{"PATH", "/usr/bin:/bin"}}};
}

struct ProcessTest : testing::Test {
    Process start(const SpawnOptions& options) {
        auto process = Process::spawn(loop.get_executor(), options);
        if (!process) throw std::runtime_error(process.error());
        return std::move(*process);
    }
    RunOutcome run(SpawnOptions options, RunLimits limits = {}) {
        auto outcome = run_to_end(loop, run_process(std::move(options), limits));
        if (!outcome) throw std::runtime_error(outcome.error());
        return *outcome;
    }
    // Whether one of the group still lives. Orphans that nobody has reaped yet are dead all the
    // same.
    static bool group_lives(pid_t group) {
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            std::ifstream stream(entry.path() / "stat");
            std::string text;
            if (!std::getline(stream, text)) continue;
            std::istringstream fields(text.substr(text.rfind(')') + 1));
            char state = 0;
            pid_t parent = 0;
            pid_t its_group = 0;
            fields >> state >> parent >> its_group;
            if (its_group == group && state != 'Z' && state != 'X') return true;
        }
        return false;
    }
    // SIGKILL takes a moment, and those who die are not our children to wait for.
    bool group_gone(pid_t group) {
        const auto deadline = deadline_after(test_deadline);
        while (group_lives(group) && monotonic_now() < deadline) {
            asio::steady_timer tick(loop, Millis(1));
            run_to_end(loop, [](asio::steady_timer& timer) -> Task<void> {
                co_await timer.async_wait(asio::use_awaitable);
            }(tick));
        }
        return !group_lives(group);
    }
    // Reads the first line of what the child writes to its descriptor 5.
    struct Report {
        UniqueFd ours, theirs;
        Report() {
            int ends[2];
            if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
                throw std::runtime_error("socketpair");
            ours.reset(ends[0]);
            theirs.reset(ends[1]);
            const timeval patience{20, 0};
            ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        }
        std::string line() {
            std::string text;
            char letter = 0;
            while (::read(ours.get(), &letter, 1) == 1 && letter != '\n') text += letter;
            return text;
        }
    };

    asio::io_context loop{1};
};

TEST_F(ProcessTest, ExitStatusAndOutput) {
    const auto outcome = run(shell("echo out; echo err >&2; exit 3"));
    EXPECT_EQ(outcome.output, "out\nerr\n");
    EXPECT_EQ(outcome.status.text(), "exit status 3");
    EXPECT_FALSE(outcome.status.success());
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_TRUE(run(shell("exit 0")).status.success());
}

TEST_F(ProcessTest, OutputsCanBeKeptApart) {
    const auto outcome = run(shell("echo out; echo err >&2"), {.separate = true});
    EXPECT_EQ(outcome.standard_output, "out\n");
    EXPECT_EQ(outcome.output, "err\n");
}

TEST_F(ProcessTest, ASignalIsNamed) {
    EXPECT_EQ(run(shell("kill -SEGV $$")).status.text(), "signal 11 (Segmentation fault)");
}

TEST_F(ProcessTest, MissingProgramAndFolder) {
    auto missing = Process::spawn(loop.get_executor(), {.argv = {"no-such-program-here"}});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error(), "cannot start no-such-program-here: No such file or directory");
    auto nowhere =
        Process::spawn(loop.get_executor(), {.argv = {"true"}, .working_dir = "/no/such/folder"});
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error(), "cannot start true: no folder /no/such/folder to start it in");
    EXPECT_FALSE(Process::spawn(loop.get_executor(), {}));
}

TEST_F(ProcessTest, NothingOfOursIsInherited) {
    EXPECT_EQ(run({.argv = {"env"}, .env = {{"ONLY", "this"}}}).output, "ONLY=this\n");
    const UniqueFd leaked(::dup(0));  // without close-on-exec
    const TempFolder folder;
    auto options = shell("pwd; ls /proc/self/fd; cat");
    options.working_dir = folder.path();
    const auto text = run(options).output;
    EXPECT_NE(text.find(folder.path().string() + "\n"), std::string::npos);
    EXPECT_NE(text.find("\n0\n1\n2\n3\n"), std::string::npos)
        << text;  // 3 is the folder that ls reads
    EXPECT_EQ(text.find("\n4\n"), std::string::npos) << text;
}

TEST_F(ProcessTest, DescriptorsMayCrossOver) {
    Report first;
    Report second;
    auto options = shell("echo first >&3; echo second >&4");
    // Each target is the other one's source, as far as the numbers allow.
    const int high = std::max(first.theirs.get(), second.theirs.get());
    options.argv[2] = "echo first >&" + std::to_string(second.theirs.get()) + "; echo second >&" +
                      std::to_string(first.theirs.get());
    options.argv[0] = high > 9 ? "bash" : "sh";  // dash has one-digit descriptors only
    options.descriptors = {{first.theirs.get(), second.theirs.get()},
                           {second.theirs.get(), first.theirs.get()}};
    auto process = start(options);
    ASSERT_TRUE(run_to_end(loop, process.exited(test_deadline)));
    EXPECT_EQ(first.line(), "first");
    EXPECT_EQ(second.line(), "second");
}

TEST_F(ProcessTest, SeveralMayAwaitTheEndAgainAndAgain) {
    Report report;
    auto options = shell("read line <&5; exit 7");
    options.descriptors = {{report.theirs.get(), 5}};
    auto process = start(options);
    int codes = 0;
    for (int i = 0; i < 2; ++i) {
        asio::co_spawn(loop, process.exited(test_deadline),
                       [&](const std::exception_ptr&, std::optional<ExitStatus> status) {
                           codes += status->code;
                       });
    }
    EXPECT_FALSE(run_to_end(loop, process.exited(Millis(1))));
    ASSERT_EQ(::write(report.ours.get(), "go\n", 3), 3);
    ASSERT_TRUE(run_dry(loop));
    EXPECT_EQ(codes, 14);
    EXPECT_FALSE(process.running());
    EXPECT_EQ(run_to_end(loop, process.exited(Millis(0)))->code, 7);
    process.signal(SIGKILL);  // to nobody: no error
}

TEST_F(ProcessTest, ExitedGivesUpAtTheDeadline) {
    auto process = start(shell("sleep 1000"));
    EXPECT_FALSE(run_to_end(loop, process.exited(Millis(5))));
    EXPECT_TRUE(process.running());
    EXPECT_EQ(run_to_end(loop, process.terminate(test_deadline)).code, SIGTERM);
}

TEST_F(ProcessTest, TheLadderEndsAGroupThatIgnoresTerm) {
    Report report;
    auto options = shell(
        "trap '' TERM; (trap '' TERM; echo ready >&5; while :; do sleep 1000; done) & wait; wait");
    options.descriptors = {{report.theirs.get(), 5}};
    auto process = start(options);
    ASSERT_EQ(report.line(), "ready");
    const auto status = run_to_end(loop, process.terminate(Millis(20)));
    EXPECT_EQ(status.text(), "signal 9 (Killed)");
    EXPECT_TRUE(group_gone(process.pid()));
}

TEST_F(ProcessTest, GrandchildrenGoWithTheChild) {
    Report report;
    auto options = shell("(trap '' TERM HUP; echo ready >&5; sleep 1000) & read line <&5; exit 0");
    options.descriptors = {{report.theirs.get(), 5}};
    auto process = start(options);
    ASSERT_EQ(report.line(), "ready");
    ASSERT_EQ(::write(report.ours.get(), "go\n", 3), 3);
    const auto status = run_to_end(loop, process.exited(test_deadline));
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->success());
    EXPECT_TRUE(group_gone(process.pid()));
}

TEST_F(ProcessTest, DestroyingKillsAndReaps) {
    pid_t pid = -1;
    {
        const auto process = start(shell("sleep 1000"));
        pid = process.pid();
    }
    ASSERT_TRUE(run_dry(loop));  // the loop has nothing left once the child is reaped
    EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
}

TEST_F(ProcessTest, AFloodIsReadButNotKept) {
    const auto outcome = run(shell("head -c 5000000 /dev/zero | tr '\\0' x; echo end >&2"),
                             {.output_bytes_max = 1000});
    EXPECT_TRUE(outcome.truncated);
    EXPECT_EQ(outcome.output, std::string(1000, 'x'));
    EXPECT_TRUE(outcome.status.success());
}

TEST_F(ProcessTest, ExactlyTheLimitIsNotTruncated) {
    const auto outcome = run(shell("printf 12345"), {.output_bytes_max = 5});
    EXPECT_FALSE(outcome.truncated);
    EXPECT_EQ(outcome.output, "12345");
}

TEST_F(ProcessTest, ARunEndsAtItsDeadline) {
    const auto outcome = run(shell("echo before; sleep 1000"), {.deadline = Millis(2'000)});
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_EQ(outcome.status.code, SIGKILL);
    EXPECT_EQ(outcome.output, "before\n");
}

TEST_F(ProcessTest, ARunDoesNotWaitForWhoEscapedWithItsPipe) {
    const auto outcome = run(shell("setsid sleep 3 & echo done"));
    EXPECT_TRUE(outcome.status.success());
    EXPECT_EQ(outcome.output, "done\n");
}

TEST_F(ProcessTest, ACancelledRunKillsItsGroup) {
    Report report;
    auto options = shell("echo $$ >&5; sleep 1000");
    options.descriptors = {{report.theirs.get(), 5}};
    asio::cancellation_signal cancel;
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(
        loop, run_process(options, {}),
        asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& error, auto) {
            failure = error;
            ended = true;
        }));
    loop.poll();
    const auto pid = static_cast<pid_t>(std::stol(report.line()));
    cancel.emit(asio::cancellation_type::terminal);
    ASSERT_TRUE(run_dry(loop));
    EXPECT_TRUE(ended);
    EXPECT_NE(failure, nullptr);
    EXPECT_TRUE(group_gone(pid));
}

TEST_F(ProcessTest, AGroupThatDiesWithTheHostHoldsADescriptorMoreThanItAskedFor) {
    auto options = shell("ls /proc/self/fd | tr '\\n' ' ' >&5; echo >&5");
    Report report;
    options.descriptors = {{report.theirs.get(), 5}};
    options.die_with_parent = true;
    auto process = start(options);
    EXPECT_NE(report.line().find(" 5 6 "), std::string::npos);
    EXPECT_TRUE(run_to_end(loop, process.exited(test_deadline)));
}

TEST_F(ProcessTest, Nice) {
    auto options = shell("read line <&5; nice");
    Report report;
    options.descriptors = {{report.theirs.get(), 5}, {report.theirs.get(), 1}};
    const int own = ::nice(0);
    options.nice = 3;
    auto process = start(options);
    ASSERT_EQ(::write(report.ours.get(), "go\n", 3), 3);
    EXPECT_EQ(report.line(), std::to_string(std::min(own + 3, 19)));  // 19: the most there is
    EXPECT_TRUE(run_to_end(loop, process.exited(test_deadline)));
}

TEST_F(ProcessTest, MemoryIsTakenFromAChildBeforeTheHost) {
    int own = 0;
    std::ifstream("/proc/self/oom_score_adj") >> own;
    for (const bool first : {false, true}) {
        auto options = shell("cat /proc/self/oom_score_adj >&5");
        Report report;
        options.descriptors = {{report.theirs.get(), 5}};
        options.memory_goes_first = first;
        auto process = start(options);
        EXPECT_EQ(report.line(), std::to_string(first ? std::min(own + 500, 1000) : own));
        EXPECT_TRUE(run_to_end(loop, process.exited(test_deadline)));
    }
}

}  // namespace
}  // namespace hotreload
