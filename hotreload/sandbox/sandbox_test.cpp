// Each thing that a sandbox forbids, tried by a process inside one, at every level that kernels
// have offered; and allowed again by its grant.

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <new>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/loopback_test.h"
#include "hotreload/sandbox/sandbox_fixture_test.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

int try_socket(int family, int type, int protocol = 0) {
    return outcome(::socket(family, type, protocol));
}

std::string content(const fs::path& file) {
    std::ifstream stream(file);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_P(SandboxTest, ForeignFilesCannotBeRead) {
    const int expected = files_held() ? EACCES : 0;
    EXPECT_EQ(inside([&] { return try_open(secret, O_RDONLY); }), expected);
    EXPECT_EQ(inside([&] { return try_open(folder.path(), O_RDONLY | O_DIRECTORY); }), expected);
    policy.read.push_back(secret);
    EXPECT_EQ(inside([&] { return try_open(secret, O_RDONLY); }), 0);
}

TEST_P(SandboxTest, WhatManyMayReadIsOpenedOnce) {
    fs::create_symlink(secret, folder.path() / "link");
    const auto missing = folder.path() / "missing";
    auto opened = OpenPaths::open({secret, folder.path() / "link", missing, own});
    ASSERT_TRUE(opened) << opened.error();
    ASSERT_EQ(opened->entries().size(), 2U) << "neither what is missing nor another name";
    EXPECT_FALSE(opened->entries()[0].folder);
    EXPECT_TRUE(opened->entries()[1].folder);

    policy.read_open = std::make_shared<const OpenPaths>(*std::move(opened));
    for (int sandbox = 0; sandbox < 2; ++sandbox) {
        EXPECT_EQ(inside([&] { return try_open(secret, O_RDONLY); }), 0);
        EXPECT_EQ(inside([&] { return try_open(foreign, O_RDONLY); }), files_held() ? EACCES : 0);
    }
}

TEST_P(SandboxTest, MoreFilesMayBeReadThanCanBeOpen) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    constexpr int files = 300;
    for (int file = 0; file < files; ++file)
        policy.read.push_back(folder.write("many/" + std::to_string(file), ""));
    const rlimit few{files / 2, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const int seen = inside([&] { return try_open(policy.read.back(), O_RDONLY); });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(seen, 0);
}

TEST(OpenPathsTest, AProcessOutOfDescriptorsIsTold) {
    const TempFolder folder;
    const auto file = folder.write("a", "");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit none{static_cast<rlim_t>(next.get() + 1), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto opened = OpenPaths::open({file});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(),
              "cannot open " + file.native() + " for a sandbox: Too many open files");
}

TEST_P(SandboxTest, ForeignFilesCannotBeChanged) {
    if (!files_held()) GTEST_SKIP() << "held by Landlock alone";
    const auto beside = folder.path() / "other" / "new";
    EXPECT_EQ(inside([&] { return try_open(foreign, O_WRONLY); }), EACCES);
    EXPECT_EQ(inside([&] { return try_open(foreign, O_WRONLY | O_TRUNC); }), EACCES);
    EXPECT_EQ(inside([&] { return try_open(beside, O_WRONLY | O_CREAT); }), EACCES);
    EXPECT_EQ(inside([&] { return outcome(::unlink(foreign.c_str())); }), EACCES);
    EXPECT_NE(inside([&] { return outcome(::rename(foreign.c_str(), beside.c_str())); }), 0);
    EXPECT_NE(inside([&] { return outcome(::truncate(foreign.c_str(), 0)); }), 0);
    EXPECT_EQ(content(foreign), "data");
    policy.write.push_back(foreign.parent_path());
    EXPECT_EQ(inside([&] { return try_open(foreign, O_WRONLY | O_TRUNC); }), 0);
    EXPECT_EQ(content(foreign), "");
}

// To read is not to empty, also where Landlock does not know the difference.
TEST_P(SandboxTest, WhatMayBeReadCannotBeEmptied) {
    if (!files_held()) GTEST_SKIP() << "held by Landlock alone";
    policy.read.push_back(foreign);
    EXPECT_EQ(inside([&] { return try_open(foreign, O_RDONLY); }), 0);
    EXPECT_NE(inside([&] { return try_open(foreign, O_RDONLY | O_TRUNC); }), 0);
    EXPECT_EQ(content(foreign), "data");
}

TEST_P(SandboxTest, ModesAndOwnersStayAsTheyAre) {
    struct stat before{};
    struct stat after{};
    ASSERT_EQ(::stat(foreign.c_str(), &before), 0);
    EXPECT_EQ(inside([&] { return outcome(::chmod(foreign.c_str(), 0)); }), 0);
    EXPECT_EQ(inside([&] { return outcome(::chown(foreign.c_str(), 12345, 12345)); }), EPERM);
    ASSERT_EQ(::stat(foreign.c_str(), &after), 0);
    EXPECT_EQ(before.st_mode, after.st_mode);
    EXPECT_EQ(before.st_uid, after.st_uid);
}

TEST_P(SandboxTest, ItsOwnFolderIsItsOwn) {
    const auto file = own / "a" / "file";
    EXPECT_EQ(inside([&] {
                  if (::mkdir((own / "a").c_str(), 0755) != 0) return errno;
                  if (const int error = try_open(file, O_RDWR | O_CREAT)) return error;
                  if (::truncate(file.c_str(), 0) != 0 && errno != EPERM) return errno;
                  const auto renamed = own / "a" / "renamed";
                  if (::rename(file.c_str(), renamed.c_str()) != 0) return errno;
                  return try_open(renamed, O_RDONLY);
              }),
              0);
}

TEST_P(SandboxTest, ThereIsNoNetwork) {
    const LoopbackListener listener;
    EXPECT_EQ(inside([&] { return listener.connect(); }), EPERM);
    for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET})
        EXPECT_EQ(inside([&] { return try_socket(family, SOCK_DGRAM); }), EPERM) << family;
    EXPECT_EQ(inside([] {
                  int ends[2];
                  return outcome(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
              }),
              0);
}

TEST_P(SandboxTest, TheNetworkCanBeGrantedButNotLocalServices) {
    const LoopbackListener listener;
    policy.network = true;
    EXPECT_EQ(inside([&] { return listener.connect(); }), 0);
    EXPECT_EQ(inside([] { return try_socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC); }), 0);
    EXPECT_EQ(inside([] { return try_socket(AF_NETLINK, SOCK_RAW, 0); }), 0);
    EXPECT_EQ(inside([] { return try_socket(AF_NETLINK, SOCK_RAW, 9); }), EPERM);
    EXPECT_EQ(inside([] { return try_socket(AF_UNIX, SOCK_STREAM); }), EPERM);
    EXPECT_EQ(inside([] { return try_socket(AF_PACKET, SOCK_DGRAM); }), EPERM);
    EXPECT_EQ(inside([] { return try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }), EPERM);
}

TEST_P(SandboxTest, TheHostCannotBeSignalledTracedOrLookedInto) {
    const pid_t host = ::getpid();
    EXPECT_EQ(inside([&] { return outcome(::kill(host, 0)); }), EPERM);
    EXPECT_EQ(inside([&] { return outcome(::kill(host, SIGKILL)); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::kill(::getpid(), 0)); }), 0);
    EXPECT_EQ(inside([] { return ::raise(SIGUSR1); }), 1000 + SIGUSR1);
    EXPECT_EQ(inside([&] { return outcome(::ptrace(PTRACE_ATTACH, host, nullptr, nullptr)); }),
              EPERM);
    EXPECT_EQ(inside([&] { return outcome(::setpgid(0, ::getpgid(host))); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::setsid()); }), EPERM);
    if (!files_held()) return;
    for (const char* name : {"environ", "mem", "maps", "cmdline", "status"}) {
        const auto file = fs::path("/proc") / std::to_string(host) / name;
        EXPECT_EQ(inside([&] { return try_open(file, O_RDONLY); }), EACCES) << file;
    }
    EXPECT_EQ(inside([] { return try_open("/proc/self/status", O_RDONLY); }), 0);
}

TEST_P(SandboxTest, NoProgramIsRunWithoutTheGrant) {
    const auto run = [] {
        ::execl("/usr/bin/true", "true", nullptr);
        return errno;
    };
    EXPECT_EQ(inside(run), EPERM);
    policy.execute = {"/usr", "/lib", "/lib64"};
    EXPECT_EQ(inside(run), EPERM);
    policy.exec = true;
    EXPECT_EQ(inside(run), 0);
    if (!files_held()) return;
    policy.execute = {};
    EXPECT_EQ(inside(run), EACCES);
}

TEST_P(SandboxTest, TheKernelIsOutOfReach) {
    EXPECT_EQ(inside([] { return outcome(::unshare(CLONE_NEWUSER)); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::syscall(SYS_bpf, 0, nullptr, 0)); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::syscall(SYS_io_uring_setup, 1, nullptr)); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::syscall(SYS_keyctl, 0, 0, 0, 0, 0)); }), EPERM);
    EXPECT_EQ(inside([] { return outcome(::syscall(SYS_userfaultfd, 0)); }), EPERM);
    EXPECT_EQ(inside([] {
                  return outcome(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr,
                                           nullptr, nullptr));
              }),
              EPERM);
}

TEST_P(SandboxTest, ProcessesAndThreadsCanBeMade) {
    EXPECT_EQ(inside([] {
                  const pid_t child = ::fork();
                  if (child == 0) ::_exit(7);
                  int status = 0;
                  return ::waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : errno;
              }),
              7);
}

TEST_P(SandboxTest, LimitsHold) {
    constexpr std::uint64_t megabyte = 1u << 20;
    policy.limits = {.memory_bytes = 64 * megabyte, .files = 20, .file_bytes = megabyte};
    EXPECT_EQ(inside([] {
                  for (int i = 0; i < 30; ++i)
                      if (::open("/dev/null", O_WRONLY) < 0) return errno;
                  return 0;
              }),
              EMFILE);
    EXPECT_EQ(inside([&] {
                  ::signal(SIGXFSZ, SIG_IGN);
                  const int file = ::open((own / "large").c_str(), O_WRONLY | O_CREAT, 0644);
                  return outcome(::ftruncate(file, 2 * megabyte));
              }),
              EFBIG);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_EQ(inside([] {
                  try {
                      return std::string(128 * megabyte, 'x').empty() ? 1 : 0;
                  } catch (const std::bad_alloc&) {
                      return ENOMEM;
                  }
              }),
              ENOMEM);
#endif
}

INSTANTIATE_TEST_SUITE_P(LandlockAbi, SandboxTest, testing::Range(0, 8));

TEST(SandboxSupportTest, SaysWhatIsNotHeld) {
    const SandboxSupport whole{.landlock_abi = 7, .seccomp = true, .supervision = true};
    EXPECT_TRUE(whole.full());
    EXPECT_EQ(whole.text(), "full (Landlock ABI 7, seccomp)");
    const SandboxSupport debian_12{.landlock_abi = 2, .seccomp = true, .supervision = true};
    EXPECT_EQ(debian_12.text(), "full (Landlock ABI 2, seccomp)");
    const SandboxSupport old{.landlock_abi = 0, .seccomp = true, .supervision = true};
    EXPECT_FALSE(old.full());
    EXPECT_EQ(old.text(),
              "partial (seccomp, not held: files (this kernel has no Landlock, or it is switched "
              "off))");
    EXPECT_THAT(SandboxSupport{}.text(), testing::StartsWith("none (not held: files"));
    const SandboxSupport no_filter{.landlock_abi = 3};
    EXPECT_THAT(no_filter.missing(), testing::Contains("network"));
}

TEST(SandboxSupportTest, TheProbeFindsWhatLandlockSays) {
    const auto support = probe_sandbox();
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1);
    EXPECT_EQ(support.landlock_abi, version > 0 ? version : 0);
}

}  // namespace
}  // namespace hotreload
