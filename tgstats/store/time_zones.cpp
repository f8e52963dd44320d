#include "tgstats/store/time_zones.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <date/tz.h>

namespace tgstats {
namespace {

constexpr std::size_t word_bytes_max = 64;

std::string folded(std::string_view text) {
    std::string result;
    for (const char c : text)
        result += c == ' ' || c == '-'   ? '_'
                  : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                         : c;
    return result;
}

std::string_view city_of(std::string_view name) { return name.substr(name.rfind('/') + 1); }

// How many letters are to be changed, added or left out.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row.back();
}

std::size_t slips_in(std::size_t letters) { return letters < 6 ? 1 : letters < 10 ? 2 : 3; }

// 0 is best; nullopt: not meant.
std::optional<std::size_t> badness(std::string_view name, std::string_view word) {
    const auto city = city_of(name);
    if (name == word || city == word) return 0;
    if (city.starts_with(word)) return 1;
    if (name.find(word) != name.npos) return 2;
    const auto meant = city_of(word);
    const auto far = std::min(distance(city, meant), distance(name, word));
    return far <= slips_in(meant.size()) ? std::optional(2 + far) : std::nullopt;
}

// Empty where the system has no time zone database.
std::vector<std::string> zone_names() {
    std::vector<std::string> names;
    try {
        for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
    } catch (const std::runtime_error&) {
        names.clear();
    }
    return names;
}

}  // namespace

std::optional<std::string> zone_named(const std::string& word) {
    const auto wanted = folded(word);
    for (auto& name : zone_names())
        if (folded(name) == wanted || name == word) return name;
    return std::nullopt;
}

std::vector<std::string> near_zones(const std::string& word, std::size_t limit) {
    if (word.empty() || word.size() > word_bytes_max) return {};
    const auto wanted = folded(word);
    std::vector<std::pair<std::size_t, std::string>> found;
    for (auto& name : zone_names())
        if (const auto how = badness(folded(name), wanted)) found.emplace_back(*how, name);
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (auto& [how, name] : found)
        if (names.size() < limit) names.push_back(std::move(name));
    return names;
}

}  // namespace tgstats
