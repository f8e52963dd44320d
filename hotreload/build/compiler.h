#pragma once
// The compiler as a tool that is run: who it is, how many of it run at once, and what the SDK it
// sees contains.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/process.h"
#include "hotreload/base/sha256.h"
#include "hotreload/build/builder.h"
#include "hotreload/build/compiler_slots.h"
#include "hotreload/build/run_folder.h"
#include "hotreload/build/toolchain_files.h"
#include "hotreload/sandbox/sandbox.h"

namespace hotreload {

struct CompilerIdentity {
    std::string text;  // "gcc version 12.2.0 (…); Target: x86_64-linux-gnu; <hash of all that it
                       // says about itself>"
};

struct CompilerMissing {
    std::string reason;  // with what to do
};

// One run of a compiler or linker.
struct CompilerRun {
    std::vector<std::string> argv;
    std::filesystem::path working_dir;
    std::filesystem::path folder;             // a RunFolder's: all that it may write to
    std::vector<std::filesystem::path> read;  // besides the toolchain, the SDK and `folder`
    MonotonicTime deadline;
};

class Compiler {
public:
    Compiler(asio::any_io_executor executor, const BuilderOptions& options);

    // Measured once.
    Task<Result<CompilerIdentity, CompilerMissing>> identity();
    // Over names and contents of all files in the include folders, as they are now.
    [[nodiscard]] Digest sdk() const;
    [[nodiscard]] bool in_sdk(const std::filesystem::path& file) const;
    // When there is a slot: a polite child with a clean environment and no network, which reads and
    // writes what is said for it and nothing else.
    Task<Result<RunOutcome, std::string>> run(CompilerRun run);
    // Not counted: for tools that end at once and see nothing of a plugin but names of packages.
    // They read what they like. Keeps stdout apart.
    Task<Result<RunOutcome, std::string>> ask(std::vector<std::string> argv,
                                              MonotonicTime deadline);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::string& linker_flag() const { return linker_flag_; }
    [[nodiscard]] const std::vector<std::filesystem::path>& include_dirs() const {
        return include_dirs_;
    }

private:
    Result<SpawnOptions, std::string> child(CompilerRun run, SandboxPolicy policy);

    std::string name_;
    std::vector<std::filesystem::path> include_dirs_;
    std::filesystem::path cache_dir_;
    std::vector<std::filesystem::path> writable_;
    Sandboxes sandboxes_;
    ToolchainFiles toolchain_;
    std::string linker_flag_;
    CompilerIdentity identity_;
    CompilerSlots slots_;
};

// The first folder of PATH that holds an executable of that name; nullopt when none does.
std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace hotreload
