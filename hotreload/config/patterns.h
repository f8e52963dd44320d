#pragma once
// Which files belong to the engine: shell patterns (fnmatch(3)) on single path components; ignore
// wins over watch.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hotreload {

// True when `name` (one path component) matches one of the patterns.
bool matches_any(std::string_view name, const std::vector<std::string>& patterns);

// True when no component of `path` (relative to a plugin folder) is ignored or starts with '_'
// (except __init__.py) or
// '.': a folder that is worth entering, or a file that a watch pattern may still refuse.
bool enterable(const std::filesystem::path& path, const std::vector<std::string>& ignore_patterns);

// The same for a single component.
bool enterable_name(std::string_view name, const std::vector<std::string>& ignore_patterns);

// A file below `root` is wanted when its path below root is enterable and its name matches a watch
// pattern.
bool wanted(const std::filesystem::path& root, const std::filesystem::path& file,
            const std::vector<std::string>& watch_patterns,
            const std::vector<std::string>& ignore_patterns);

}  // namespace hotreload
