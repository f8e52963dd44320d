#pragma once
// What a sandboxed process may do, as plain values. Whatever is not listed is refused.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "hotreload/sandbox/open_paths.h"

namespace hotreload {

// Of one process each, but for the last two. nullopt: the host's own limit.
struct ResourceLimits {
    std::optional<std::uint64_t> memory_bytes;  // private memory that can be written to
    std::optional<std::uint64_t> files;         // open descriptors
    std::optional<std::uint64_t> file_bytes;    // of one file that is written
    std::optional<std::uint64_t> cpu_seconds;   // over the whole life of the process
    std::optional<std::uint64_t> processes;     // the first one and its descendants together
    std::optional<std::uint64_t> threads;       // of all these, beside the first of each

    bool operator==(const ResourceLimits&) const = default;
};

// Paths are absolute; what does not exist is left out; a folder means all that lies below it.
struct SandboxPolicy {
    std::vector<std::filesystem::path> list;     // folders whose names may be read
    std::vector<std::filesystem::path> read;     // files, or folders and their names
    std::shared_ptr<const OpenPaths> read_open;  // as `read`: what many policies have in common
    std::vector<std::filesystem::path> execute;  // read, and run as programs
    std::shared_ptr<const OpenPaths> execute_open;
    std::vector<std::filesystem::path> write;  // read, write, make, rename, remove
    bool own_proc = true;                      // read /proc/PID of the process itself
    bool network = false;                      // internet sockets
    bool exec = false;                         // run programs (from `execute`)
    ResourceLimits limits;
};

}  // namespace hotreload
