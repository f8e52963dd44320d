#pragma once
// One look at how a root lies on disk, adding the kernel's watches on the way. A folder is watched
// before it is read, so that nothing slips between.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hotreload/watch/inotify.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {

// Everything wanted in this folder counts for the root; links make several of the same folder.
struct TreeFolder {
    std::string folder;  // as reached from the root
    const std::string* root;
};

// One name that matters by itself, whatever the filter says. The empty name: the folder itself.
struct NamedPlace {
    std::string name;
    std::string file;  // where it lies
    std::string hint;  // what to look at when something happens to it
    bool on_the_way;   // a link, a folder, or missing: what lies behind it is another then
    bool content;      // matters when it is written, not only when it comes or goes
    const std::string* root;
};

// Why a root cannot have events.
struct WatchProblem {
    std::string path;   // the root, or what lies below it
    std::string cause;  // the same for all roots with this problem
};

// A folder that is known to be one, by its real path.
struct Way {
    int watch;
    std::uint32_t mask;
};
using Ways = std::unordered_map<std::string, Way>;

class Survey {
public:
    Survey(Inotify& inotify, const WatcherOptions& options, Ways& ways)
        : inotify_(inotify), options_(options), ways_(ways) {}

    // `root` must outlive what the survey gives.
    void look(const std::string& root);
    std::vector<std::pair<int, TreeFolder>>& trees() { return trees_; }
    std::vector<std::pair<int, NamedPlace>>& names() { return names_; }
    // All that has been added is in trees() and names() even then.
    std::optional<WatchProblem>& problem() { return problem_; }

private:
    struct Walk;
    struct Goal {
        std::string hint;
        bool content;
    };

    void enter(const std::string& folder, std::set<int>& above);
    void enter_link(const std::string& path, std::set<int>& above);
    void follow(const std::string& path, const Goal& goal);
    void step(Walk& walk, const std::string& next, const Goal& goal);
    bool step_into(Walk& walk, const std::string& path, const Goal& goal);
    std::optional<int> watch_way(const std::string& folder, std::uint32_t mask);
    std::optional<int> watch(const std::string& folder, std::uint32_t mask);
    void check_file_system(const std::string& folder);
    void fail(const std::string& path, std::string cause);

    Inotify& inotify_;
    const WatcherOptions& options_;
    Ways& ways_;
    const std::string* root_ = nullptr;
    std::vector<std::pair<int, TreeFolder>> trees_;
    std::vector<std::pair<int, NamedPlace>> names_;
    std::optional<WatchProblem> problem_;
};

}  // namespace hotreload
