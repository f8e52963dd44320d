#pragma once
// Starting a child process: descriptors, group, priority, and a last step of the caller's before
// the program runs. Process owns what comes out of it.

#include <sys/types.h>

#include <string>

#include "hotreload/base/process.h"
#include "hotreload/base/result.h"

namespace hotreload {

// How long the kernel may take to end what got SIGKILL; only a process stuck inside the kernel
// takes longer.
inline constexpr Millis kill_deadline{10'000};

// The child's pid; it leads a group of its own. The error says which step failed and why.
Result<pid_t, std::string> spawn_child(const SpawnOptions& options);

}  // namespace hotreload
