#pragma once
// Turns a C++ plugin's sources into an artifact: per-file objects, depfiles, one link; all of it
// kept under names made of content, so that the same content is never compiled twice and nothing in
// use is ever overwritten.

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "hotreload/config/config.h"
#include "hotreload/model/failure.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

struct BuilderOptions {
    std::string compiler = "g++";
    std::vector<std::filesystem::path> include_dirs;  // the SDK
    std::filesystem::path
        precompiled_header_source;    // the SDK header worth precompiling; empty: none
    std::filesystem::path cache_dir;  // objects/, artifacts/, pch/
    // Artifacts that must stay, however old; asked whenever the cache is cleaned.
    std::function<std::set<std::filesystem::path>()> kept_artifacts;
    std::size_t parallel_max = 2;  // compilers at once over all builds
    Millis deadline{300'000};      // for one plugin's whole build, waiting for its turn included
    // What compilers may write to besides a folder that is each run's own.
    std::vector<std::filesystem::path> writable;
};

// What a plugin's compilers may read besides the toolchain and the SDK.
struct BuildAccess {
    std::vector<std::filesystem::path> read;  // files, and folders with all that lies below them
    std::string terms;                        // what was granted for it: under other terms nothing
                                              // made under these is used again
};

struct BuildJob {
    PluginSource source;
    BuildConfig build;
    BuildAccess access;
};

struct Artifact {
    std::filesystem::path path;  // artifacts/NAME-<hash>.so
    std::vector<std::filesystem::path>
        dependencies;          // headers outside the source set but not the system's
    std::size_t compiled = 0;  // objects really compiled; 0: all from the cache
    Micros compile_time{0};    // wall time of the build; nearly all of it in compilers and linker
};
[[noreturn]] void throw_exception_from_error(const Failure& failure,
                                             const boost::source_location& where);

class Builder {
public:
    Builder(asio::any_io_executor executor, BuilderOptions options);
    ~Builder();

    // What a C++ plugin's fingerprint includes of its surroundings: compiler's version (measured
    // once), flags, the SDK's content as it is now. Throws std::runtime_error when there is no
    // compiler ("cannot start g++: …: install …").
    Task<std::string> toolchain();
    // Precompiles the SDK header if that is not in the cache yet, and removes what the cache has
    // not needed for long. Failure is not an error: builds then go without.
    Task<void> warm_up();
    // Cancelling this coroutine kills the compilers it started. Compilers run in the plugin's root
    // folder (so paths in messages, and relative paths in build.flags, are relative to it); quoted
    // includes are looked for beside the including file, in the package's folder, then in the root.
    // The Builder must outlive its coroutines.
    Task<Result<Artifact, Failure>> build(BuildJob job);

    struct State;

private:
    std::unique_ptr<State> state_;
};

// Pure parts, for tests and for `why`.
std::vector<Diagnostic> parse_compiler_output(std::string_view output);
std::vector<std::filesystem::path> parse_depfile(std::string_view text);

}  // namespace hotreload
