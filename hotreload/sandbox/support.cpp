#include "hotreload/sandbox/support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/sandbox/landlock.h"

namespace hotreload {

namespace {

// What the trying child reports by its exit status.
constexpr int has_landlock = 1;
constexpr int has_seccomp = 2;
constexpr int has_supervision = 4;
constexpr int landlock_abi_network = 4;

bool install(unsigned flags) {
    sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const sock_fprog program{1, &allow};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) >= 0;
}

[[noreturn]] void try_everything(int ruleset) {
    int found = 0;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(0);
    if (ruleset >= 0 && landlock::restrict_self(ruleset) == 0) found |= has_landlock;
    if (install(0)) found |= has_seccomp;
    // Refused where somebody supervises us already.
    if (install(SECCOMP_FILTER_FLAG_NEW_LISTENER)) found |= has_supervision;
    ::_exit(found);
}

}  // namespace

SandboxSupport probe_sandbox() {
    const int abi = landlock::abi();
    auto ruleset = abi > 0 ? landlock::ruleset({}, abi) : UniqueFd();
    const int descriptor = ruleset ? ruleset->get() : -1;
    const pid_t child = ::fork();
    if (child == 0) try_everything(descriptor);
    int status = 0;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const int found = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    return {.landlock_abi = (found & has_landlock) != 0 ? abi : 0,
            .seccomp = (found & has_seccomp) != 0,
            .supervision = (found & has_seccomp) != 0 && (found & has_supervision) != 0};
}

std::vector<std::string> SandboxSupport::missing() const {
    std::vector<std::string> all;
    if (landlock_abi == 0)
        all.emplace_back("files (this kernel has no Landlock, or it is switched off)");
    if (!seccomp) all.emplace_back("system calls (this kernel has no seccomp filters)");
    if (!seccomp && landlock_abi < landlock_abi_network) all.emplace_back("network");
    if (!seccomp && landlock_abi < landlock_abi_scopes) all.emplace_back("signals");
    if (!supervision)
        all.emplace_back("the number of processes (no supervision of system calls here)");
    return all;
}

std::string SandboxSupport::text() const {
    const auto without = missing();
    std::vector<std::string> parts;
    if (landlock_abi > 0) parts.push_back(fmt::format("Landlock ABI {}", landlock_abi));
    if (seccomp) parts.emplace_back("seccomp");
    const auto level = without.empty() ? "full" : parts.empty() ? "none" : "partial";
    if (!without.empty()) parts.push_back(fmt::format("not held: {}", fmt::join(without, "; ")));
    return fmt::format("{} ({})", level, fmt::join(parts, ", "));
}

}  // namespace hotreload
