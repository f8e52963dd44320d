#pragma once
// What one plugin needs of another: its name and, where it matters, its version
// ("word_cloud >= 1.2").

#include <string>
#include <string_view>

#include "hotreload/base/result.h"

namespace hotreload {

// Versions are compared number by number ("1.10" is after "1.9"); what follows the numbers
// ("-beta") and missing numbers count as nothing.
int compare_versions(std::string_view left, std::string_view right);  // <0, 0, >0

struct Requirement {
    std::string plugin;
    std::string comparison;  // ">=", ">", "==", "<=", "<"; empty: any version
    std::string version;

    // "NAME" or "NAME COMPARISON VERSION", blanks where one likes.
    static Result<Requirement, std::string> parse(std::string_view text);
    [[nodiscard]] bool met_by(std::string_view their_version) const;
    [[nodiscard]] std::string text() const;

    auto operator<=>(const Requirement&) const = default;
};

}  // namespace hotreload
