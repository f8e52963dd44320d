#pragma once
// What ran into one of its limits says so in its own words ("MemoryError", "Too many open files");
// people need to know which limit it was, and that they can raise it.

#include <string>

#include "hotreload/base/process.h"
#include "hotreload/sandbox/policy.h"

namespace hotreload {

// `reason`, and the limit that is behind it, if one is known to be.
std::string name_limit(std::string reason, const ResourceLimits& limits);
// "signal 24 (CPU time limit exceeded)", and which limit that was.
std::string name_limit(const ExitStatus& exit, const ResourceLimits& limits);

}  // namespace hotreload
