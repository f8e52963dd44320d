#include "hotreload/base/lifeline.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include <gtest/gtest.h>

namespace hotreload {
namespace {

constexpr int patience_ms = 20'000;
constexpr int descriptors_max = 256;

// What exec would close.
void keep_only(int one, int other) {
    for (int number = STDERR_FILENO + 1; number < descriptors_max; ++number)
        if (number != one && number != other) ::close(number);
}

// A group of two: its leader, and a child of it that nobody waits for. Each holds `held` open.
pid_t start_group(int held, const Lifeline& lifeline) {
    const pid_t leader = ::fork();
    if (leader != 0) return leader;
    ::setpgid(0, 0);
    keep_only(held, lifeline.far_end());
    static_cast<void>(::fork());
    const auto written = ::write(held, "x", 1);
    static_cast<void>(written);
    for (;;) ::pause();
}

// A host that starts a group on a lifeline and waits for its own end.
[[noreturn]] void be_host(int held) {
    auto lifeline = Lifeline::open();
    const pid_t leader = start_group(held, lifeline);
    ::setpgid(leader, leader);  // the child does the same: whoever comes first
    lifeline.tie(leader);
    const auto written = ::write(held, "x", 1);
    ::close(held);
    static_cast<void>(written);
    for (;;) ::pause();
}

class LifelineTest : public testing::Test {
protected:
    LifelineTest() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        ours_.reset(ends[0]);
        theirs_.reset(ends[1]);
    }
    // The next byte, or 0 when all who held the other end have gone; -1 when neither happens.
    ssize_t next() {
        pollfd wait{ours_.get(), POLLIN, 0};
        if (::poll(&wait, 1, patience_ms) != 1) return -1;
        char byte = 0;
        return ::read(ours_.get(), &byte, 1);
    }
    bool all_have_gone() { return next() == 0; }

    UniqueFd ours_;
    UniqueFd theirs_;
};

TEST_F(LifelineTest, AKilledHostTakesTheWholeGroupWithIt) {
    const pid_t host = ::fork();
    if (host == 0) be_host(theirs_.get());
    theirs_.reset();
    for (int count = 0; count < 3; ++count) ASSERT_EQ(next(), 1) << "all three are there";
    ::kill(host, SIGKILL);
    ::waitpid(host, nullptr, 0);
    EXPECT_TRUE(all_have_gone());
}

TEST_F(LifelineTest, EndsTheGroupWhenItEnds) {
    auto lifeline = Lifeline::open();
    const pid_t leader = start_group(theirs_.get(), lifeline);
    ::setpgid(leader, leader);
    theirs_.reset();
    for (int count = 0; count < 2; ++count) ASSERT_EQ(next(), 1) << "both are there";
    lifeline.tie(leader);
    lifeline = Lifeline();
    const bool gone = all_have_gone();
    EXPECT_TRUE(gone);
    if (!gone) ::kill(-leader, SIGKILL);
    int status = 0;
    ::waitpid(leader, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(LifelineTest, UntiedItEndsNobody) {
    auto lifeline = Lifeline::open();
    const pid_t leader = start_group(theirs_.get(), lifeline);
    for (int count = 0; count < 2; ++count) ASSERT_EQ(next(), 1) << "both are there";
    lifeline = Lifeline();
    EXPECT_EQ(::kill(leader, 0), 0);
    EXPECT_EQ(::waitpid(leader, nullptr, WNOHANG), 0);
    ::kill(-leader, SIGKILL);
    ::waitpid(leader, nullptr, 0);
}

}  // namespace
}  // namespace hotreload
