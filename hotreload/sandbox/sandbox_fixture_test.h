#pragma once
// A process in a sandbox that tries something, at every level that kernels have offered.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "hotreload/sandbox/sandbox.h"

namespace hotreload {

// 0, or what went wrong.
inline int outcome(long result) { return result >= 0 ? 0 : errno; }

inline int try_open(const std::filesystem::path& path, int flags) {
    const int opened = ::open(path.c_str(), flags, 0644);
    if (opened < 0) return errno;
    ::close(opened);
    return 0;
}

class SandboxTest : public testing::TestWithParam<int> {
protected:
    void SetUp() override {
        const auto offered = probe_sandbox();
        if (!offered.seccomp || offered.landlock_abi < GetParam())
            GTEST_SKIP() << "this kernel offers " << offered.text();
        support = {.landlock_abi = GetParam(), .seccomp = true, .supervision = false};
        std::filesystem::create_directories(own);
        secret = folder.write("secret.txt", "secret");
        foreign = folder.write("other/data.db", "data");
        policy.read = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache"};
        policy.write = {own, "/dev/null"};
    }

    // What `attempt` returns when it runs inside the sandbox.
    int inside(const std::function<int()>& attempt) {
        auto sandbox = Sandboxes(support).make(policy);
        EXPECT_TRUE(sandbox) << sandbox.error();
        const pid_t child = ::fork();
        if (child == 0) ::_exit(sandbox->enforce(-1) != 0 ? 255 : attempt());
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }
    [[nodiscard]] bool files_held() const { return support.landlock_abi > 0; }

    TempFolder folder;
    std::filesystem::path own = folder.path() / "own";
    std::filesystem::path secret;
    std::filesystem::path foreign;
    SandboxSupport support;
    SandboxPolicy policy;
};

}  // namespace hotreload
