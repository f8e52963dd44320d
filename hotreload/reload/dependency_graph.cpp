#include "hotreload/reload/dependency_graph.h"

#include <deque>

namespace hotreload {
namespace {

// Who was reached from whom, beginning with those that `start` needs.
std::map<std::string, std::string> reached_from(const Needs& needs, const std::string& start) {
    std::map<std::string, std::string> came_from;
    std::deque<std::string> next{start};
    while (!next.empty()) {
        const auto at = next.front();
        next.pop_front();
        const auto needed = needs.find(at);
        if (needed == needs.end()) continue;
        for (const auto& name : needed->second)
            if (came_from.emplace(name, at).second) next.push_back(name);
    }
    return came_from;
}

// The shortest way from `start` back to itself; empty when there is none.
std::string way_round(const Needs& needs, const std::string& start) {
    const auto came_from = reached_from(needs, start);
    auto step = came_from.find(start);
    if (step == came_from.end()) return {};
    auto text = start;
    while (step->second != start) {
        text = step->second + " → " + text;
        step = came_from.find(step->second);
    }
    return start + " → " + text;
}

}  // namespace

std::map<std::string, std::string> circles(const Needs& needs) {
    std::map<std::string, std::string> found;
    for (const auto& [name, unused] : needs)
        if (auto way = way_round(needs, name); !way.empty()) found.emplace(name, std::move(way));
    return found;
}

std::vector<std::vector<std::string>> connected(const std::set<std::string>& among,
                                                const Needs& needs) {
    std::map<std::string, std::set<std::string>> neighbours;
    for (const auto& [name, needed] : needs) {
        for (const auto& other : needed) {
            if (!among.contains(name) || !among.contains(other)) continue;
            neighbours[name].insert(other);
            neighbours[other].insert(name);
        }
    }
    std::vector<std::vector<std::string>> parts;
    std::set<std::string> seen;
    for (const auto& name : among) {
        if (!seen.insert(name).second) continue;
        std::set<std::string> part{name};
        std::deque<std::string> next{name};
        while (!next.empty()) {
            for (const auto& other : neighbours[next.front()])
                if (seen.insert(other).second) part.insert(other), next.push_back(other);
            next.pop_front();
        }
        parts.emplace_back(part.begin(), part.end());
    }
    return parts;
}

}  // namespace hotreload
