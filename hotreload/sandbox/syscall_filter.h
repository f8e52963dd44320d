#pragma once
// The system calls that a sandboxed process is refused, compiled for the kernel. Inside this folder
// only.

#include <linux/filter.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hotreload/base/result.h"

namespace hotreload {

struct FilterChoice {
    int landlock_abi = 0;  // what an old one cannot hold is held here
    bool network = false;
    bool exec = false;
    bool supervised = false;  // making a process or thread asks the supervisor

    auto operator<=>(const FilterChoice&) const = default;
};

// Stands in a program for the pid of the process that installs it, which is not known before.
inline constexpr std::uint32_t own_pid_placeholder = 0x5E1F9D1D;

using FilterProgram = std::vector<sock_filter>;

Result<FilterProgram, std::string> compile_filter(const FilterChoice& choice);

}  // namespace hotreload
