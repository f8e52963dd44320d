#include "hotreload/config/patterns.h"

#include <fnmatch.h>

#include <algorithm>

namespace hotreload {

bool matches_any(std::string_view name, const std::vector<std::string>& patterns) {
    const std::string text(name);
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), text.c_str(), FNM_PERIOD) == 0;
    });
}

bool enterable(const std::filesystem::path& path, const std::vector<std::string>& ignore_patterns) {
    return std::all_of(path.begin(), path.end(), [&](const std::filesystem::path& component) {
        const std::string& name = component.native();
        if (name.empty()) return true;
        if (name.front() == '.' || (name.front() == '_' && name != "__init__.py")) return false;
        return !matches_any(name, ignore_patterns);
    });
}

bool wanted(const std::filesystem::path& root, const std::filesystem::path& file,
            const std::vector<std::string>& watch_patterns,
            const std::vector<std::string>& ignore_patterns) {
    const auto below = file.lexically_relative(root);
    if (below.empty() || below == "." || *below.begin() == "..") return false;
    return enterable(below, ignore_patterns) &&
           matches_any(below.filename().native(), watch_patterns);
}

}  // namespace hotreload
