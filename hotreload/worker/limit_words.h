#pragma once
// What ran into one of its limits says so in its own words ("MemoryError", "Too many open files");
// people need to know which limit it was, and that they can raise it. So does what the sandbox has
// refused ("Permission denied"): nobody thinks of a sandbox who sees a file before him.

#include <string>

#include "hotreload/base/process.h"
#include "hotreload/sandbox/fork_supervisor.h"
#include "hotreload/sandbox/policy.h"

namespace hotreload {

// What a worker is held by.
struct Held {
    ResourceLimits limits;
    bool sandboxed = false;
};

// `reason`, and the limit that is behind it, or what the sandbox has refused, if it seems so.
std::string name_cause(std::string reason, const Held& held);
// Why it could not make another one.
std::string refused_more(ForkSupervisor::Kind kind, const GroupSize& most);
// "signal 24 (CPU time limit exceeded)", and which limit that was.
std::string name_limit(const ExitStatus& exit, const ResourceLimits& limits);

}  // namespace hotreload
