#include "hotreload/watch/event_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hotreload/config/patterns.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr Millis writer_pause{1'000};      // a writer that is silent for so long is not waited for
constexpr Millis writer_patience{10'000};  // nor one that goes on for so long
constexpr std::size_t unfinished_max = 1'000;  // more than that: look at everything

bool is_link(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

// A new file is told when its writer closes it; only another name for an existing file is complete
// at once.
bool is_new_file(const std::string& path) {
    struct stat status{};
    return ::lstat(path.c_str(), &status) != 0 || (S_ISREG(status.st_mode) && status.st_nlink == 1);
}

bool still_to_be_written(const std::string& path, const InotifyEvent& event) {
    if ((event.mask & IN_ISDIR) != 0) return false;
    return (event.mask & IN_MODIFY) != 0 || ((event.mask & IN_CREATE) != 0 && is_new_file(path));
}

}  // namespace

EventWatch::EventWatch(const WatcherOptions& options, Hints& hints)
    : options_(options),
      hints_(hints),
      inotify_(options.add_watch),
      unusable_(inotify_.valid() ? "" : "inotify cannot be used: " + inotify_error_text(errno)),
      set_(inotify_, options) {}

std::vector<EventWatch::Lost> EventWatch::drain() {
    const auto events = inotify_.read();
    read_at_ = monotonic_now();
    for (const auto& event : events) interpret(event);
    tell_unfinished();
    // Folders came or went: watch them before anybody looks, so that what comes later is seen.
    return fit_again();
}

std::vector<EventWatch::Lost> EventWatch::fit_again() {
    std::vector<Lost> lost;
    if (refit_.empty()) return lost;
    set_.forget_ways();
    for (const auto* root : std::exchange(refit_, {})) {
        auto name = *root;
        auto fitted = set_.fit(name);
        if (fitted) continue;
        tell(name);
        lost.push_back({std::move(name), std::move(fitted.error())});
    }
    return lost;
}

void EventWatch::interpret(const InotifyEvent& event) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return lost_events();
    if ((event.mask & IN_IGNORED) != 0) return set_.gone(event.watch);
    const auto* watched = set_.find(event.watch);
    if (watched == nullptr) return;
    if (event.name.empty())
        about_itself(*watched);
    else
        about_entry(*watched, event);
}

void EventWatch::lost_events() {
    hints_.add_overflow(read_at_);
    unfinished_.clear();
    refit_ = set_.roots();
}

void EventWatch::about_itself(const WatchedFolder& watched) {
    for (const auto& tree : watched.trees) {
        tell(tree.folder);
        refit_.insert(tree.root);
    }
    for (const auto& [unused, named] : watched.names) {
        tell(named.hint);
        refit_.insert(named.root);
    }
}

void EventWatch::about_entry(const WatchedFolder& watched, const InotifyEvent& event) {
    auto concern = concern_of(watched, event);
    refit_.merge(concern.refit);
    if (concern.hints.empty()) return;
    if (!still_to_be_written(concern.file, event)) {
        for (const auto& hint : concern.hints) tell(hint);
        return;
    }
    for (const auto& hint : concern.hints)
        unfinished_.try_emplace(hint, Unfinished{read_at_, read_at_}).first->second.last = read_at_;
    if (unfinished_.size() <= unfinished_max) return;
    hints_.add_everything(read_at_);
    unfinished_.clear();
}

EventWatch::Concern EventWatch::concern_of(const WatchedFolder& watched,
                                           const InotifyEvent& event) const {
    Concern concern;
    const bool folder = (event.mask & IN_ISDIR) != 0;
    const bool written = (event.mask & (IN_CLOSE_WRITE | IN_MODIFY)) != 0;
    const auto [begin, end] = watched.names.equal_range(event.name);
    for (auto it = begin; it != end; ++it) {
        const auto& named = it->second;
        if (written && !named.content) continue;
        concern.file = named.file;
        concern.hints.insert(named.hint);
        if (named.on_the_way || folder || is_link(named.file)) concern.refit.insert(named.root);
    }
    for (const auto& tree : watched.trees) {
        const auto path = tree.folder + "/" + event.name;
        if (!concerns(tree, path, event)) continue;
        concern.file = path;
        concern.hints.insert(path);
        if (folder || is_link(path)) concern.refit.insert(tree.root);
    }
    return concern;
}

bool EventWatch::concerns(const TreeFolder& tree, const std::string& path,
                          const InotifyEvent& event) const {
    const auto& filter = options_.filter;
    const auto below = fs::path(path.substr(tree.root->size() + 1));
    if (!enterable(below, filter.ignore_patterns)) return false;
    // A link without a wanted name may lead to a folder.
    return (event.mask & IN_ISDIR) != 0 || matches_any(event.name, filter.watch_patterns) ||
           is_link(path);
}

void EventWatch::tell(const std::string& path) {
    unfinished_.erase(path);
    hints_.add(path, read_at_);
}

std::optional<MonotonicTime> EventWatch::due() const {
    std::optional<MonotonicTime> earliest;
    for (const auto& [unused, file] : unfinished_) {
        const auto end = std::min(file.last + writer_pause, file.first + writer_patience);
        if (!earliest || end < *earliest) earliest = end;
    }
    return earliest;
}

void EventWatch::tell_unfinished() {
    std::erase_if(unfinished_, [this](const auto& waiting) {
        const auto& file = waiting.second;
        if (std::min(file.last + writer_pause, file.first + writer_patience) > read_at_)
            return false;
        hints_.add(waiting.first, read_at_);
        return true;
    });
}

}  // namespace hotreload
