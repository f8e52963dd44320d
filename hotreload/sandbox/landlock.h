#pragma once
// Landlock by its raw system calls: the C library knows none of them. Inside this folder only.

#include <string>

#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"
#include "hotreload/sandbox/policy.h"

namespace hotreload::landlock {

// 0 when the kernel has no Landlock, or it is switched off.
int abi();

// A ruleset for the policy, as strict as `abi` (at least 1) allows. The error is for people.
Result<UniqueFd, std::string> ruleset(const SandboxPolicy& policy, int abi);

// These two are safe between fork and exec; 0 or errno.
int allow_own_proc(int ruleset, int abi);  // /proc/PID of the caller; changes the ruleset
int restrict_self(int ruleset);            // needs no_new_privs

}  // namespace hotreload::landlock
