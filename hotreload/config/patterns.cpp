#include "hotreload/config/patterns.h"

#include <fnmatch.h>

#include <algorithm>

namespace hotreload {

namespace {

// '*.py' and 'README.md', which nearly all patterns are like, do without fnmatch(3).
bool matches(std::string_view name, const std::string& pattern) {
    constexpr std::string_view special = "*?[\\";
    const std::string_view whole = pattern;
    if (whole.find_first_of(special) == whole.npos) return name == whole;
    if (whole.front() == '*' && whole.find_first_of(special, 1) == whole.npos)
        return !name.starts_with('.') && name.ends_with(whole.substr(1));
    return ::fnmatch(pattern.c_str(), std::string(name).c_str(), FNM_PERIOD) == 0;
}

}  // namespace

bool matches_any(std::string_view name, const std::vector<std::string>& patterns) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return matches(name, pattern); });
}

bool enterable_name(std::string_view name, const std::vector<std::string>& ignore_patterns) {
    if (name.empty()) return true;
    if (name.front() == '.' || (name.front() == '_' && name != "__init__.py")) return false;
    return !matches_any(name, ignore_patterns);
}

bool enterable(const std::filesystem::path& path, const std::vector<std::string>& ignore_patterns) {
    return std::all_of(path.begin(), path.end(), [&](const std::filesystem::path& component) {
        return enterable_name(component.native(), ignore_patterns);
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
