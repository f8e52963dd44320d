#pragma once
// One source file to one object: from the cache when exactly this content was compiled before, else
// compiled; and stored only when nothing that went into it was written to meanwhile.

#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/build/compile_command.h"
#include "hotreload/build/compiler.h"
#include "hotreload/build/object_cache.h"

namespace hotreload {

struct ObjectRequest {
    std::filesystem::path root;                  // the plugin folder: the compiler runs there
    std::filesystem::path folder;                // the package's folder; empty for a single file
    std::filesystem::path source;                // absolute
    std::vector<std::filesystem::path> headers;  // of the source set: likely to be included
    CompileFlags flags;
    std::vector<std::filesystem::path> read;  // what the compiler may read of what is not its own
    Digest base_key;                          // everything but files: compiler, flags, SDK
    std::filesystem::path precompiled_dir;
    MonotonicTime deadline;
};

struct ObjectOutcome {
    std::filesystem::path object;                     // empty: there is none
    Digest key;                                       // names what the object was made of
    std::vector<std::filesystem::path> dependencies;  // sorted; of the SDK and the system none
    bool compiled = false;
    std::string output;   // what the compiler said when it refused
    std::string problem;  // why there is no object, when it is not the compiler who refused
};

// Both must outlive the coroutine.
Task<ObjectOutcome> build_object(Compiler& compiler, const ObjectCache& cache,
                                 ObjectRequest request);

// The files that a compiler's complaints name: where they are, and where a header that was not
// found would have been.
std::vector<std::filesystem::path> files_in_complaints(const ObjectRequest& request,
                                                       const std::string& output);

}  // namespace hotreload
