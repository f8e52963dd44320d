#pragma once
// Finds the plugins under the plugin folders (design: NAME.py, NAME.cpp, NAME.so, or a folder with
// __init__.py, with C++ sources, or with a .so; a folder beats a file of the same name; names
// starting with '_' or '.' are no plugins).

#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/config/config.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

struct DiscoveryProblem {
    std::filesystem::path path;
    std::string plugin;  // empty when it concerns no single plugin
    std::string reason;  // "not used: /srv/plugins/hello/ has the same name and goes first …",
                         // "Permission denied", …
};

struct Discovery {
    std::vector<PluginSource> plugins;  // sorted by name; each name once
    std::vector<DiscoveryProblem> problems;
    // Folders that are there and could not be read: nobody knows what they hold.
    std::vector<std::filesystem::path> unreadable;
};

// For the same name an earlier root goes before a later one, then folder, .cpp, .py, .so; the other
// is a problem. A root that cannot be read is a problem, not an error. Only files that are `wanted`
// (config/patterns.h) count, also as entries. A folder without a plugin in it is a problem only
// when it looks meant as one (Python files or a plugin.yaml).
Discovery discover(const std::vector<std::filesystem::path>& roots, const ReloadSettings& settings);

}  // namespace hotreload
