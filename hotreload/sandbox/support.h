#pragma once
// What the kernel offers for sandboxes, found out by trying, and what that means for people.

#include <string>
#include <vector>

namespace hotreload {

struct SandboxSupport {
    int landlock_abi = 0;      // 0: none
    bool seccomp = false;      // system call filters
    bool supervision = false;  // and a supervisor asked before a process is made

    bool operator==(const SandboxSupport&) const = default;

    // Everything that a policy forbids is forbidden.
    [[nodiscard]] bool full() const { return missing().empty(); }
    // What is not held, each with its reason: "files: this kernel has no Landlock".
    [[nodiscard]] std::vector<std::string> missing() const;
    // "full (Landlock ABI 7, seccomp)", "partial (…; not held: files: …)", "none (…)".
    [[nodiscard]] std::string text() const;
};

// The lowest Landlock ABI at which the kernel itself keeps signals within a sandbox; below it a
// sandboxed process can signal only itself.
inline constexpr int landlock_abi_scopes = 6;

// Starts a child that tries; takes about a millisecond.
SandboxSupport probe_sandbox();

}  // namespace hotreload
