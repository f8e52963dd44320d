#include "hotreload/watch/watch_set.h"

#include <algorithm>
#include <utility>

namespace hotreload {

Result<void, WatchProblem> WatchSet::fit(const std::string& root) {
    const auto place = roots_.try_emplace(root).first;
    Survey survey(inotify_, options_, ways_);
    survey.look(place->first);
    const auto before = std::exchange(place->second, {});
    release(place->first, before);
    auto& now = place->second;
    for (auto& [watch, tree] : survey.trees()) {
        now.trees.push_back(watch);
        folders_[watch].trees.push_back(std::move(tree));
    }
    for (auto& [watch, named] : survey.names()) {
        now.names.emplace_back(watch, named.name);
        folders_[watch].names.emplace(named.name, std::move(named));
    }
    remove_unused(before);
    if (!survey.problem()) return {};
    auto problem = std::move(*survey.problem());
    drop(root);
    return problem;
}

void WatchSet::drop(const std::string& root) {
    const auto place = roots_.find(root);
    if (place == roots_.end()) return;
    release(place->first, place->second);
    remove_unused(place->second);
    roots_.erase(place);
}

void WatchSet::release(const std::string& root, const RootWatches& watches) {
    for (const int watch : watches.trees) {
        const auto folder = folders_.find(watch);
        if (folder == folders_.end()) continue;
        std::erase_if(folder->second.trees,
                      [&](const TreeFolder& tree) { return tree.root == &root; });
    }
    for (const auto& [watch, name] : watches.names) {
        const auto folder = folders_.find(watch);
        if (folder == folders_.end()) continue;
        auto& names = folder->second.names;
        const auto [begin, end] = names.equal_range(name);
        const auto own =
            std::find_if(begin, end, [&](const auto& entry) { return entry.second.root == &root; });
        if (own != end) names.erase(own);
    }
}

void WatchSet::remove_unused(const RootWatches& watches) {
    const auto look = [this](int watch) {
        const auto folder = folders_.find(watch);
        if (folder == folders_.end()) return;
        if (!folder->second.trees.empty() || !folder->second.names.empty()) return;
        inotify_.remove(watch);
        folders_.erase(folder);
        std::erase_if(ways_, [&](const auto& way) { return way.second.watch == watch; });
    };
    for (const int watch : watches.trees) look(watch);
    for (const auto& [watch, unused] : watches.names) look(watch);
}

const WatchedFolder* WatchSet::find(int watch) const {
    const auto found = folders_.find(watch);
    return found == folders_.end() ? nullptr : &found->second;
}

std::set<const std::string*> WatchSet::roots() const {
    std::set<const std::string*> all;
    for (const auto& [root, unused] : roots_) all.insert(&root);
    return all;
}

}  // namespace hotreload
