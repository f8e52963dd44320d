#pragma once
// Says where to look again, never what changed: the decision is made from content. Kernel events
// where they work, comparing what stat(2) says at intervals elsewhere; chosen for each root.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/config/config.h"

namespace hotreload {

// `paths` is complete: whatever may have changed, come or gone below a root since the hint before
// is named, itself or by a folder above it (also a folder that has gone), in the words of the roots
// given to watch(): through a link by the link's path. A folder that links make a part of itself is
// entered once. Empty: everything may have changed.
//
// A file that is being written is named when its writer closes it, or has paused for a second, or
// has gone on for ten. The kernel tells nothing of what is written through mapped memory, through
// another hard link, or on the other side of a file system that is mounted below a root later: for
// these the engine takes a look at everything each minute, which reads again whatever may have been
// changed without its times (source/stat_cache.h).
struct WatchHint {
    std::vector<std::filesystem::path> paths;  // sorted; at most hint_paths_max
    bool overflow = false;                     // events were lost: look at everything
    MonotonicTime noticed;                     // when the first of them was read
};

inline constexpr std::size_t hint_paths_max = 1'000;  // more than that: look at everything

class Watcher {
public:
    virtual ~Watcher() = default;
    // Waits for the next hint; hints that pile up meanwhile are merged into one. The watcher
    // follows new folders itself.
    virtual Task<WatchHint> next() = 0;
    // Replaces the set of watched files and folders (folders recursively, with the folders that
    // links in them lead to). A file named here gives hints whatever the filter says; what does not
    // exist yet gives one when it appears. What was watched before is not looked at again, so a
    // list with small changes costs little. What is new is watched from here on: look at it after
    // this call. May be called while somebody waits in next().
    virtual void watch(std::vector<std::filesystem::path> roots) = 0;
    // "events", "poll", or "events+poll" when some roots need one and some the other.
    [[nodiscard]] virtual std::string mode() const = 0;
};

struct WatchFilter {
    std::vector<std::string> watch_patterns;
    std::vector<std::string> ignore_patterns;
};

struct WatcherOptions {
    WatchFilter filter;
    // automatic: events where they work. events: also where they tell only of changes made on this
    // machine; what the kernel refuses to watch is polled all the same.
    WatchMode mode = WatchMode::automatic;
    Millis poll_interval{3'000};
    Millis events_retry_interval{60'000};  // for polled roots that should have events
    // Called within watch() and next() when a root that should have events must be polled; must not
    // throw. The reason names the root and what to do.
    std::function<void(const std::string& reason)> on_degraded;

    // Stand-ins for the kernel, for tests; absent: the kernel. A watch that cannot be added is -1
    // with errno.
    std::function<int(int inotify, const char* folder, std::uint32_t mask)> add_watch;
    std::function<std::optional<std::string>(const std::filesystem::path&)> without_events;
};

std::unique_ptr<Watcher> make_watcher(asio::any_io_executor executor, WatcherOptions options);

// The name of the file system when changes on it may come from elsewhere, unseen by inotify ("nfs",
// "fuse", …). Not overlayfs: what is changed through the same mount gives events there.
std::optional<std::string> file_system_without_events(const std::filesystem::path& path);

}  // namespace hotreload
