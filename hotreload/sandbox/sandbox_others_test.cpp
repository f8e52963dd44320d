// Other processes, from within a sandbox: their limits, their turns at the processor, their
// sockets and memory. And the ways to have more than the own limits say.

#include <linux/capability.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <array>

#include "hotreload/sandbox/sandbox_fixture_test.h"

namespace hotreload {
namespace {

int set_limit(pid_t process, rlim_t most) {
    const rlimit both{most, most};
    return outcome(::prlimit(process, RLIMIT_NOFILE, &both, nullptr));
}

TEST_P(SandboxTest, LimitsOfOthersAreOutOfReach) {
    const pid_t host = ::getpid();
    rlimit before{};
    rlimit after{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(inside([&] { return set_limit(host, before.rlim_max); }), EPERM);
    EXPECT_EQ(inside([&] {
                  rlimit had{};
                  return outcome(::prlimit(host, RLIMIT_CPU, nullptr, &had));
              }),
              EPERM);
    EXPECT_EQ(inside([] { return set_limit(0, 10); }), 0);
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
    EXPECT_EQ(before.rlim_max, after.rlim_max);
}

TEST_P(SandboxTest, OwnLimitsCannotBeRaised) {
    policy.limits = {.files = 20};
    EXPECT_EQ(inside([] { return set_limit(0, 21); }), EPERM);
    policy.exec = true;
    policy.execute = {"/usr", "/bin", "/lib", "/lib64"};
    policy.write = {"/dev/null"};
    EXPECT_NE(inside([] {
                  ::execl("/bin/sh", "sh", "-c", "ulimit -n 21 2>/dev/null", nullptr);
                  return 0;
              }),
              0)
        << "a program gives nothing back";
}

// Root's power over files is Landlock's matter.
TEST_P(SandboxTest, NoCapabilityIsLeftButToOpenFiles) {
    EXPECT_EQ(inside([] {
                  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
                  std::array<__user_cap_data_struct, 2> had{};
                  if (::syscall(SYS_capget, &header, had.data()) != 0) return errno;
                  const auto left = had[0].permitted | had[0].effective | had[0].inheritable;
                  return (left & ~(1U << CAP_DAC_OVERRIDE)) == 0 && had[1].permitted == 0 ? 0 : 1;
              }),
              0);
}

TEST_P(SandboxTest, NobodysTurnAtTheProcessorIsChangedButItsOwnToLater) {
    const pid_t host = ::getpid();
    cpu_set_t processors;
    ASSERT_EQ(::sched_getaffinity(0, sizeof processors, &processors), 0);
    const auto refused = [this](const std::function<long()>& call) {
        return inside([&] { return outcome(call()); }) == EPERM;
    };
    const sched_param plain{};
    for (const pid_t process : {host, 0}) {
        EXPECT_TRUE(refused([&] { return ::sched_setscheduler(process, SCHED_BATCH, &plain); }));
        EXPECT_TRUE(refused([&] { return ::sched_setparam(process, &plain); }));
        EXPECT_TRUE(refused([&] { return ::syscall(SYS_sched_setattr, process, nullptr, 0); }));
        EXPECT_TRUE(refused([&] { return ::syscall(SYS_ioprio_set, 1, process, 3 << 13); }));
    }
    const auto pin = [&](pid_t process) {
        return ::sched_setaffinity(process, sizeof processors, &processors);
    };
    EXPECT_TRUE(refused([&] { return pin(host); }));
    EXPECT_EQ(inside([&] { return outcome(pin(0)); }), 0);

    const auto user = ::getuid();
    EXPECT_TRUE(refused([&] { return ::setpriority(PRIO_PROCESS, host, 19); }));
    EXPECT_TRUE(refused([&] { return ::setpriority(PRIO_USER, 0, 19); }));
    EXPECT_TRUE(refused([&] { return ::setpriority(PRIO_USER, user, 19); }));
    EXPECT_TRUE(refused([&] { return ::setpriority(PRIO_PGRP, ::getpgid(host), 19); }));
    EXPECT_TRUE(refused([] { return ::setpriority(PRIO_PROCESS, 0, -5); }));
    EXPECT_EQ(inside([] { return outcome(::setpriority(PRIO_PROCESS, 0, 19)); }), 0);
}

}  // namespace
}  // namespace hotreload
