#include "hotreload/model/requirement.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace hotreload {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

std::vector<std::uint64_t> numbers(std::string_view version) {
    std::vector<std::uint64_t> all;
    if (version.starts_with('v')) version.remove_prefix(1);
    for (;;) {
        std::uint64_t number = 0;
        const auto [end, error] =
            std::from_chars(version.data(), version.data() + version.size(), number);
        if (error != std::errc()) return all;
        all.push_back(number);
        version.remove_prefix(static_cast<std::size_t>(end - version.data()));
        if (!version.starts_with('.')) return all;
        version.remove_prefix(1);
    }
}

}  // namespace

int compare_versions(std::string_view left, std::string_view right) {
    auto ours = numbers(left), theirs = numbers(right);
    const auto size = std::max(ours.size(), theirs.size());
    ours.resize(size);
    theirs.resize(size);
    if (ours == theirs) return 0;
    return ours < theirs ? -1 : 1;
}

// An aggregate that begins with a string: each side of the Result is named.
Result<Requirement, std::string> Requirement::parse(std::string_view text) {
    const auto refused = [&](const std::string& why) {
        return Result<Requirement, std::string>(in_place_error,
                                                "'" + std::string(text) + "': " + why);
    };
    const auto whole = trimmed(text);
    const auto end = std::ranges::find_if_not(whole, name_character);
    Requirement requirement;
    requirement.plugin = std::string(whole.begin(), end);
    if (requirement.plugin.empty()) return refused("expected a plugin's name");
    auto rest = trimmed(whole.substr(requirement.plugin.size()));
    if (rest.empty()) return requirement;
    for (const std::string_view comparison : {">=", "<=", "==", ">", "<"}) {
        if (!rest.starts_with(comparison)) continue;
        requirement.comparison = comparison;
        requirement.version = trimmed(rest.substr(comparison.size()));
        if (numbers(requirement.version).empty())
            return refused("expected a version such as 1.2 after " + requirement.comparison);
        return requirement;
    }
    return refused("expected NAME, or NAME with >=, >, ==, <= or < and a version");
}

bool Requirement::met_by(std::string_view their_version) const {
    if (comparison.empty()) return true;
    const int order = compare_versions(their_version, version);
    if (comparison == ">=") return order >= 0;
    if (comparison == "<=") return order <= 0;
    if (comparison == ">") return order > 0;
    if (comparison == "<") return order < 0;
    return order == 0;
}

std::string Requirement::text() const {
    return comparison.empty() ? plugin : plugin + " " + comparison + " " + version;
}

}  // namespace hotreload
