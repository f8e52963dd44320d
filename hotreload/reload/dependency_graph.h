#pragma once
// Who needs whom, as plain sets of names: circles, and who must change together.

#include <map>
#include <set>
#include <string>
#include <vector>

namespace hotreload {

using Needs = std::map<std::string, std::set<std::string>>;  // plugin → plugins that it needs

// Each plugin that needs itself over others, with the way round: "a → b → a".
std::map<std::string, std::string> circles(const Needs& needs);
// The parts of `among` that are connected by needs, whichever way they point; each sorted.
std::vector<std::vector<std::string>> connected(const std::set<std::string>& among,
                                                const Needs& needs);

}  // namespace hotreload
