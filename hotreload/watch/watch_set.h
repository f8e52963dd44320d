#pragma once
// Which folders are watched and why: every folder below the roots, and beside them the folders in
// which a root, a single file or a link's target would appear, change or go.

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/watch/inotify.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {

// One way in which a watched folder is reached: links make several of the same folder.
struct WatchedPlace {
    std::filesystem::path folder;
    std::filesystem::path
        root;  // everything wanted below this root counts here; empty: only `names`
    // Names in it that matter by themselves, whatever the filter says, and what to look at when
    // something happens to them.
    std::map<std::string, std::vector<std::filesystem::path>> names;
};

class WatchSet {
public:
    WatchSet(Inotify& inotify, WatchFilter filter)
        : inotify_(inotify), filter_(std::move(filter)) {}

    // Makes the kernel's watches fit these roots as they lie on disk now. After an error all is as
    // before.
    Result<void, std::string> fit(const std::vector<std::filesystem::path>& roots);
    // Where the watched folder lies; empty for a watch that is no longer ours.
    [[nodiscard]] const std::vector<WatchedPlace>& places(int watch) const;
    void gone(int watch) { places_.erase(watch); }
    [[nodiscard]] const WatchFilter& filter() const { return filter_; }

private:
    using Places = std::map<int, std::vector<WatchedPlace>>;
    struct Survey;

    Inotify& inotify_;
    WatchFilter filter_;
    Places places_;
};

}  // namespace hotreload
