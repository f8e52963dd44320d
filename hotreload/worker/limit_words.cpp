#include "hotreload/worker/limit_words.h"

#include <array>
#include <csignal>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace hotreload {

namespace {

constexpr std::uint64_t megabyte = 1u << 20;

enum class Limit { memory, files, file_size, threads };

struct Words {
    std::string_view said;
    Limit limit;
};

// As the languages' own libraries say it.
constexpr std::array words{
    Words{"MemoryError", Limit::memory},
    Words{"bad_alloc", Limit::memory},
    Words{"Cannot allocate memory", Limit::memory},
    Words{"can't start new thread", Limit::threads},
    Words{"Too many open files", Limit::files},
    Words{"File too large", Limit::file_size},
};

struct Refusal {
    std::string_view said;
    std::string_view told;
};

// Landlock answers with EACCES, the filter with EPERM; a name server cannot be asked without a
// socket.
constexpr std::array refusals{
    Refusal{"Permission denied",
            "; the sandbox does not allow it this file or folder: see grants.read and grants.write "
            "in plugins.yaml (docs/sandbox.md)"},
    Refusal{"Operation not permitted",
            "; the sandbox does not allow it (the network, a program, another process): see grants "
            "in plugins.yaml (docs/sandbox.md)"},
    Refusal{"name resolution",
            "; the sandbox does not allow the network unless it is granted: see grants.network in "
            "plugins.yaml (docs/sandbox.md)"},
};

std::string told(std::string_view name, std::uint64_t value) {
    return fmt::format("; its limit is limits.{}: {}", name, value);
}

std::string told(Limit limit, const ResourceLimits& limits) {
    switch (limit) {
        case Limit::memory:
            return limits.memory_bytes ? told("memory_mb", *limits.memory_bytes / megabyte) : "";
        case Limit::files:
            return limits.files ? told("files", *limits.files) : "";
        case Limit::threads:  // what a stack needs may be missing, too
            return limits.threads ? told("threads", *limits.threads) + told(Limit::memory, limits)
                                  : told(Limit::memory, limits);
        case Limit::file_size:
            return limits.file_bytes ? told("file_mb", *limits.file_bytes / megabyte) : "";
    }
    return "";
}

}  // namespace

std::string name_cause(std::string reason, const Held& held) {
    for (const auto& [said, limit] : words)
        if (reason.find(said) != std::string::npos) return reason + told(limit, held.limits);
    for (const auto& [said, refusal] : refusals)
        if (held.sandboxed && reason.find(said) != std::string::npos) return reason.append(refusal);
    return reason;
}

std::string refused_more(ForkSupervisor::Kind kind, const GroupSize& most) {
    if (kind == ForkSupervisor::Kind::thread)
        return fmt::format("it was refused a further thread: it has {} (limits.threads)",
                           most.threads);
    return fmt::format("it was refused a further process: it has {} (limits.processes)",
                       most.processes);
}

std::string name_limit(const ExitStatus& exit, const ResourceLimits& limits) {
    if (exit.signalled && exit.code == SIGXCPU && limits.cpu_seconds)
        return exit.text() + told("cpu_seconds", *limits.cpu_seconds);
    if (exit.signalled && exit.code == SIGXFSZ) return exit.text() + told(Limit::file_size, limits);
    return exit.text();
}

}  // namespace hotreload
