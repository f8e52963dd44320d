#pragma once
// Which folders the kernel watches and for which root: every folder below a root, and beside them
// the folders on the way in which a root, a link or a link's target would appear, change or go.

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/watch/inotify.h"
#include "hotreload/watch/survey.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {

struct WatchedFolder {
    std::vector<TreeFolder> trees;
    std::multimap<std::string, NamedPlace> names;
};

class WatchSet {
public:
    WatchSet(Inotify& inotify, const WatcherOptions& options)
        : inotify_(inotify), options_(options) {}

    // Fits the kernel's watches to this root (absolute, normal) as it lies on disk now, whether it
    // was watched before or not. After an error nothing of it is watched.
    Result<void, WatchProblem> fit(const std::string& root);
    void drop(const std::string& root);
    // Nullptr for a watch that is no longer ours.
    [[nodiscard]] const WatchedFolder* find(int watch) const;
    void gone(int watch) { folders_.erase(watch); }
    // To be called when time has passed since the last fit(): calls of fit() without it share
    // what they have seen of the folders above the roots.
    void forget_ways() { ways_.clear(); }
    [[nodiscard]] std::set<const std::string*> roots() const;

private:
    // What one root has in folders_.
    struct RootWatches {
        std::vector<int> trees;
        std::vector<std::pair<int, std::string>> names;
    };

    void release(const std::string& root, const RootWatches& watches);
    void remove_unused(const RootWatches& watches);

    Inotify& inotify_;
    const WatcherOptions& options_;
    std::map<std::string, RootWatches> roots_;
    std::unordered_map<int, WatchedFolder> folders_;
    Ways ways_;  // real folders seen since forget_ways()
};

}  // namespace hotreload
