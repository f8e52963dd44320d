#pragma once
// A sandbox for one process, made in the host. The process that is to live in it applies it to
// itself, once and for good: a native one between fork and exec, a forked Python worker when it has
// received the same descriptor and bytes.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"
#include "hotreload/sandbox/policy.h"
#include "hotreload/sandbox/support.h"
#include "hotreload/sandbox/syscall_filter.h"

namespace hotreload {

class Sandbox {
public:
    // In the child between fork and exec; allocates nothing. 0 or errno: then the program must not
    // run. `supervisor` is the socket over which a supervised child's listener goes to the host.
    [[nodiscard]] int enforce(int supervisor) const noexcept;

    // For a process that applies it by other means.
    [[nodiscard]] int ruleset() const { return ruleset_.get(); }  // -1: no Landlock
    [[nodiscard]] std::string_view filter() const;                // sock_filter[]; empty: none
    [[nodiscard]] const ResourceLimits& limits() const { return limits_; }
    // The number of processes and threads is limited: a ForkSupervisor must answer.
    [[nodiscard]] bool supervised() const { return supervised_; }

private:
    friend class Sandboxes;
    Sandbox() = default;
    [[nodiscard]] int install_filter(int supervisor) const noexcept;

    UniqueFd ruleset_;
    int landlock_abi_ = 0;
    bool own_proc_ = true;
    bool supervised_ = false;
    std::shared_ptr<const FilterProgram> program_;
    ResourceLimits limits_;
};

// Makes them, as strict as the kernel allows, and keeps what all of them share.
class Sandboxes {
public:
    explicit Sandboxes(SandboxSupport support) : support_(support) {}

    [[nodiscard]] const SandboxSupport& support() const { return support_; }
    // The error is one line for people.
    Result<Sandbox, std::string> make(const SandboxPolicy& policy);

private:
    Result<std::shared_ptr<const FilterProgram>, std::string> program(const FilterChoice& choice);

    SandboxSupport support_;
    std::map<FilterChoice, std::shared_ptr<const FilterProgram>> programs_;
};

// The address room that a process gets beyond its memory: code, fonts, reserved but unused ranges.
inline constexpr std::uint64_t address_room_bytes = 8ULL << 30;

}  // namespace hotreload
