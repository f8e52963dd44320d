#pragma once
// std::filesystem::path's own order and operations without splitting every path into its components
// first, which is most of what a look at many files would cost. For paths in normal form.

#include <filesystem>
#include <string>
#include <string_view>

namespace hotreload {

// As a < b: component by component, so '/' goes before every other character.
inline bool path_less(const std::filesystem::path& a, const std::filesystem::path& b) {
    const std::string_view left = a.native();
    const std::string_view right = b.native();
    const auto size = left.size() < right.size() ? left.size() : right.size();
    std::size_t i = 0;
    while (i < size && left[i] == right[i]) ++i;
    if (i == size) return left.size() < right.size();
    if (left[i] == '/' || right[i] == '/') return left[i] == '/';
    return static_cast<unsigned char>(left[i]) < static_cast<unsigned char>(right[i]);
}

// Whether it is the folder itself or lies in it, by its components.
inline bool is_below(const std::filesystem::path& path, const std::filesystem::path& folder) {
    const std::string_view text = path.native();
    std::string_view parent = folder.native();
    if (parent.ends_with('/')) parent.remove_suffix(1);
    return text.starts_with(parent) && (text.size() == parent.size() || text[parent.size()] == '/');
}

// As file.lexically_relative(root).
inline std::string relative_text(const std::filesystem::path& file,
                                 const std::filesystem::path& root) {
    const std::string_view text = file.native();
    const std::string_view folder = root.native();
    const bool below = text.size() > folder.size() + 1 && text.starts_with(folder) &&
                       !folder.ends_with('/') && text[folder.size()] == '/';
    const auto rest = below ? text.substr(folder.size()) : std::string_view();
    // What is not in normal form is for the library.
    if (rest.empty() || rest.find("/.") != rest.npos || rest.find("//") != rest.npos ||
        rest.ends_with('/'))
        return file.lexically_relative(root).native();
    return std::string(rest.substr(1));
}

}  // namespace hotreload
