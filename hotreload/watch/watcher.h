#pragma once
// Says "look again", never what changed: the decision is made from content. Two ways: kernel
// events, and a timer.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"

namespace hotreload {

struct WatchHint {
    std::vector<std::filesystem::path> paths;  // what to look at first, bounded; empty: everything
    bool overflow = false;                     // events were lost: look at everything
    MonotonicTime noticed;                     // when the first of them was read
    std::string problem;                       // why something new cannot be watched; empty: all is
};

class Watcher {
public:
    virtual ~Watcher() = default;
    // Waits for the next hint; hints that pile up meanwhile are merged into one. The watcher
    // follows new folders itself.
    virtual Task<WatchHint> next() = 0;
    // Replaces the set of watched files and folders (folders recursively, with the folders that
    // links in them lead to). A file named here gives hints whatever the filter says; what does not
    // exist yet gives one when it appears. An error names the path and the kernel's reason, and
    // leaves the old set in force.
    virtual Result<void, std::string> watch(std::vector<std::filesystem::path> roots) = 0;
    [[nodiscard]] virtual std::string mode() const = 0;  // "events" or "poll"
};

struct WatchFilter {
    std::vector<std::string> watch_patterns;
    std::vector<std::string> ignore_patterns;
};

// inotify(7). The error names the limit or the system call.
Result<std::unique_ptr<Watcher>, std::string> make_inotify_watcher(asio::any_io_executor executor,
                                                                   WatchFilter filter);
// The name of the file system when changes on it may come from elsewhere, unseen by inotify ("nfs",
// "fuse", …).
std::optional<std::string> file_system_without_events(const std::filesystem::path& path);
// A hint every `interval`, without paths.
std::unique_ptr<Watcher> make_polling_watcher(asio::any_io_executor executor, Millis interval);

}  // namespace hotreload
