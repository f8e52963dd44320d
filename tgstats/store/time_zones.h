#pragma once
// Names of time zones for people who do not know them by heart.

#include <optional>
#include <string>
#include <vector>

namespace tgstats {

// The name as the time zone database writes it, for one in any case of letters.
std::optional<std::string> zone_named(const std::string& word);
// Names that may have been meant, best first; also for a city alone or a misspelt name.
std::vector<std::string> near_zones(const std::string& word, std::size_t limit);

}  // namespace tgstats
