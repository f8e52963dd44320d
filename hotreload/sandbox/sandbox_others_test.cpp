// Other processes, from within a sandbox: their limits, their turns at the processor, their
// sockets and memory. And the ways to have more than the own limits say.

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

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

// A local service, as a system has them: for a log, for a desktop.
class LocalService {
public:
    LocalService(const std::filesystem::path& path, int type)
        : socket_(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        address_.sun_family = AF_UNIX;
        std::strncpy(address_.sun_path, path.c_str(), sizeof address_.sun_path - 1);
        EXPECT_EQ(::bind(socket_.get(), address(), sizeof address_), 0);
        EXPECT_TRUE(type == SOCK_DGRAM || ::listen(socket_.get(), 1) == 0);
    }
    [[nodiscard]] const sockaddr* address() const {
        return reinterpret_cast<const sockaddr*>(&address_);
    }
    [[nodiscard]] bool reached() const {
        char byte = 0;
        return ::recv(socket_.get(), &byte, 1, 0) == 1 ||
               ::accept(socket_.get(), nullptr, nullptr) >= 0;
    }

private:
    UniqueFd socket_;
    sockaddr_un address_{};
};

TEST_P(SandboxTest, NoPairReachesALocalService) {
    const LocalService service(folder.path() / "datagrams", SOCK_DGRAM);
    for (const bool network : {false, true}) {
        policy.network = network;
        for (const int type : std::array<int, 3>{SOCK_DGRAM, SOCK_RAW, SOCK_DGRAM | SOCK_CLOEXEC})
            EXPECT_EQ(inside([&] {
                          int ends[2];
                          if (::socketpair(AF_UNIX, type, 0, ends) != 0) return errno;
                          return outcome(
                              ::sendto(ends[0], "x", 1, 0, service.address(), sizeof(sockaddr_un)));
                      }),
                      EPERM)
                << type;
        EXPECT_EQ(inside([] {
                      int ends[2];
                      return outcome(::socketpair(AF_TIPC, SOCK_STREAM, 0, ends));
                  }),
                  EPERM);
    }
    EXPECT_FALSE(service.reached());
}

TEST_P(SandboxTest, APairIsConnectedForGood) {
    for (const int type : std::array<int, 2>{SOCK_STREAM, SOCK_SEQPACKET}) {
        const auto name = "service" + std::to_string(type);
        const LocalService service(folder.path() / name, type);
        const LocalService datagrams(folder.path() / (name + "d"), SOCK_DGRAM);
        EXPECT_EQ(inside([&] {
                      int ends[2];
                      if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) return errno;
                      constexpr auto size = sizeof(sockaddr_un);
                      const sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
                      ::connect(ends[0], &none, sizeof none);
                      if (::connect(ends[0], service.address(), size) == 0) return 251;
                      ::sendto(ends[0], "x", 1, 0, service.address(), size);
                      ::sendto(ends[0], "x", 1, 0, datagrams.address(), size);
                      ::close(ends[1]);
                      return ::connect(ends[0], service.address(), size) == 0 ? 252 : 0;
                  }),
                  0);
        EXPECT_FALSE(service.reached());
        EXPECT_FALSE(datagrams.reached());
    }
}

std::atomic<int> signals_received = 0;

// A descriptor that becomes readable tells its owner, whom anybody may name.
TEST_P(SandboxTest, NoDescriptorSignalsTheHost) {
    const pid_t host = ::getpid();
    signals_received = 0;
    struct sigaction count{};
    count.sa_handler = [](int) { ++signals_received; };
    for (const int number : {SIGUSR1, SIGIO}) ::sigaction(number, &count, nullptr);
    const auto tell = [](const std::function<int(int)>& name_owner) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return 254;
        const int refused = name_owner(ends[0]) == 0 ? 0 : errno;
        ::fcntl(ends[0], F_SETSIG, SIGUSR1);
        ::fcntl(ends[0], F_SETFL, O_ASYNC);
        return ::write(ends[1], "x", 1) == 1 ? refused : 253;
    };
    const f_owner_ex owner{F_OWNER_PID, host};
    const std::array<std::function<int(int)>, 5> ways{
        [&](int fd) { return ::fcntl(fd, F_SETOWN, host); },
        [&](int fd) { return ::fcntl(fd, F_SETOWN_EX, &owner); },
        [&](int fd) { return ::ioctl(fd, FIOSETOWN, &host); },
        [&](int fd) { return ::ioctl(fd, SIOCSPGRP, &host); },
        [&](int fd) {
            return static_cast<int>(::syscall(SYS_fcntl, fd, 1L << 32 | F_SETOWN, host));
        },
    };
    for (const auto& way : ways)
        EXPECT_EQ(inside([&] { return tell(way); }), support.landlock_abi < 6 ? EPERM : 0);
    EXPECT_EQ(signals_received, 0);
    count.sa_handler = SIG_DFL;
    for (const int number : {SIGUSR1, SIGIO}) ::sigaction(number, &count, nullptr);
}

// What can be written to, and is not counted as the process's own.
TEST_P(SandboxTest, NoMemoryIsHadBesideTheLimit) {
    constexpr std::size_t size = 1U << 20;
    const auto map = [](int flags, int file = -1) {
        return [=] {
            void* got = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, file, 0);
            return got == MAP_FAILED ? errno : 0;
        };
    };
    EXPECT_EQ(inside([] { return outcome(::memfd_create("x", 0)); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::syscall(SYS_memfd_secret, 0)); }), EPERM);
    EXPECT_EQ(inside(map(MAP_SHARED | MAP_ANONYMOUS)), EPERM);
    EXPECT_EQ(inside(map(MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE)), EPERM);
    EXPECT_EQ(inside(map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN)), EPERM);
    EXPECT_EQ(inside(map(MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK)), 0);
    policy.read.emplace_back("/dev/zero");
    EXPECT_EQ(inside([&] {
                  const int zero = ::open("/dev/zero", O_RDWR);
                  return zero < 0 ? EACCES : map(MAP_SHARED, zero)();
              }),
              files_held() ? EACCES : 0);
    EXPECT_EQ(inside([&] { return map(MAP_PRIVATE, ::open("/dev/zero", O_RDONLY))(); }), 0);
    EXPECT_EQ(inside([&] {
                  const auto path = own / "mapped";
                  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
                  return ::ftruncate(file, size) != 0 ? errno : map(MAP_SHARED, file)();
              }),
              0);
}

TEST_P(SandboxTest, NothingIsSharedByNumberOrName) {
    const std::array<std::pair<const char*, long>, 18> calls{{
        {"shmget", SYS_shmget},
        {"shmat", SYS_shmat},
        {"shmctl", SYS_shmctl},
        {"shmdt", SYS_shmdt},
        {"semget", SYS_semget},
        {"semop", SYS_semop},
        {"semctl", SYS_semctl},
        {"semtimedop", SYS_semtimedop},
        {"msgget", SYS_msgget},
        {"msgsnd", SYS_msgsnd},
        {"msgrcv", SYS_msgrcv},
        {"msgctl", SYS_msgctl},
        {"mq_open", SYS_mq_open},
        {"mq_unlink", SYS_mq_unlink},
        {"mq_notify", SYS_mq_notify},
        {"mq_timedsend", SYS_mq_timedsend},
        {"inotify_init1", SYS_inotify_init1},
        {"inotify_add_watch", SYS_inotify_add_watch},
    }};
    for (const auto& [name, number] : calls)
        EXPECT_EQ(inside([&] { return outcome(::syscall(number, 0, 0, 0, 0, 0)); }), EPERM) << name;
}

// Numbers from 424 on are the same everywhere; a C library that has one of these does without.
TEST_P(SandboxTest, WhatTheKernelHasLearnedLaterIsNotThere) {
    constexpr long fchmodat2 = 452;
    constexpr long setxattrat = 463;
    EXPECT_EQ(
        inside([&] { return outcome(::syscall(fchmodat2, AT_FDCWD, foreign.c_str(), 0600, 0)); }),
        ENOSYS);
    for (long number = fchmodat2 - 1; number < setxattrat + 40; ++number)
        EXPECT_EQ(inside([&] { return outcome(::syscall(number, 0, 0, 0, 0, 0)); }), ENOSYS)
            << number;
}

#if defined(__x86_64__)
TEST_P(SandboxTest, NoOtherTableOfSystemCallsIsReached) {
    constexpr long x32 = 0x40000000;
    EXPECT_EQ(inside([] { return outcome(::syscall(x32 | SYS_getpid)); }), ENOSYS);
    EXPECT_EQ(inside([] {
                  long result = 20;  // getpid of 32 bits
                  __asm__("int $0x80" : "+a"(result)::"memory");
                  return result > 0 ? 0 : 1;
              }),
              1000 + SIGSYS);
}
#endif

// Its parent is the host, who would never hear of its end, and keep it for ever.
TEST_P(SandboxTest, NoSiblingIsMade) {
    EXPECT_EQ(inside([] {
                  const auto pid = ::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr,
                                             nullptr, nullptr);
                  if (pid == 0) ::_exit(0);
                  return outcome(pid);
              }),
              EPERM);
}

}  // namespace
}  // namespace hotreload
