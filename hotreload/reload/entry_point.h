#pragma once
// What a worker opens, and what must not be in its way: module names, prebuilt libraries, stale
// bytecode.

#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/model/failure.h"
#include "hotreload/reload/engine.h"

namespace hotreload {

// "tgstats.plugins.top_users"; for C++ the same form names the plugin in events.
std::string module_name(const EngineOptions& options, const PluginSource& source);

// A copy of a prebuilt .so under a name made of its content: overwriting a file that is mapped can
// kill its process.
Result<std::filesystem::path, Failure> keep_prebuilt(const PluginSource& source,
                                                     const std::filesystem::path& cache_dir);

// The .pyc files that Python may have left for these sources. Workers never read them; they mislead
// people.
std::vector<std::filesystem::path> stale_bytecode(const PluginSource& source);

}  // namespace hotreload
