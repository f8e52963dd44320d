#include <linux/magic.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <set>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "hotreload/config/patterns.h"
#include "hotreload/watch/watch_set.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t hint_paths_max = 1'000;  // more than that: look at everything

class InotifyWatcher final : public Watcher {
public:
    InotifyWatcher(asio::any_io_executor executor, Inotify inotify, WatchFilter filter)
        : inotify_(std::move(inotify)),
          readable_(std::move(executor), inotify_.fd()),
          set_(inotify_, std::move(filter)) {}
    // The descriptor belongs to inotify_.
    ~InotifyWatcher() override { readable_.release(); }

    Task<WatchHint> next() override {
        for (;;) {
            drain();
            if (pending_) co_return take();
            co_await readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                                          asio::use_awaitable);
        }
    }

    Result<void, std::string> watch(std::vector<fs::path> roots) override {
        auto fitted = set_.fit(roots);
        if (fitted) roots_ = std::move(roots);
        return fitted;
    }

    [[nodiscard]] std::string mode() const override { return "events"; }

private:
    void drain() {
        const auto events = inotify_.read();
        if (events.empty()) return;
        const auto read_at = monotonic_now();
        for (const auto& event : events) interpret(event);
        // Folders came or went: watch them before anybody looks, so that what comes later is seen.
        if (std::exchange(structure_changed_, false)) {
            if (auto fitted = set_.fit(roots_); !fitted) {
                problem_ = fitted.error();
                hint_everything();
            }
        }
        if (pending_ && noticed_ == MonotonicTime()) noticed_ = read_at;
    }

    WatchHint take() {
        WatchHint hint;
        if (!everything_) hint.paths.assign(paths_.begin(), paths_.end());
        hint.overflow = overflow_;
        hint.noticed = noticed_;
        hint.problem = std::move(problem_);
        paths_.clear();
        problem_.clear();
        noticed_ = {};
        pending_ = everything_ = overflow_ = false;
        return hint;
    }

    void hint(const fs::path& path) {
        pending_ = true;
        if (!everything_) paths_.insert(path);
        if (paths_.size() > hint_paths_max) hint_everything();
    }
    void hint_everything() {
        pending_ = everything_ = true;
        paths_.clear();
    }

    void interpret(const InotifyEvent& event) {
        if ((event.mask & IN_Q_OVERFLOW) != 0) {
            overflow_ = structure_changed_ = true;
            hint_everything();
            return;
        }
        if ((event.mask & IN_IGNORED) != 0) return set_.gone(event.watch);
        for (const auto& place : set_.places(event.watch)) {
            if (event.name.empty())
                about_itself(place);
            else
                about_entry(place, event);
        }
    }

    void about_itself(const WatchedPlace& place) {
        structure_changed_ = true;
        if (!place.root.empty()) hint(place.folder);
        for (const auto& [name, hints] : place.names)
            for (const auto& path : hints) hint(path);
    }

    void about_entry(const WatchedPlace& place, const InotifyEvent& event) {
        const auto path = place.folder / event.name;
        const auto named = place.names.find(event.name);
        const bool is_wanted = !place.root.empty() && concerns(place, path, event);
        if (named == place.names.end() && !is_wanted) return;
        const bool folder = (event.mask & IN_ISDIR) != 0;
        const bool link = !folder && is_link(path);
        if ((event.mask & IN_CREATE) != 0 && !folder && !link && still_to_be_written(path)) return;
        if (named != place.names.end())
            for (const auto& hinted : named->second) hint(hinted);
        if (is_wanted) hint(path);
        // A link that went cannot be told from a file that went: its target is watched in vain
        // until the next look.
        if (folder || link) structure_changed_ = true;
    }

    bool concerns(const WatchedPlace& place, const fs::path& path,
                  const InotifyEvent& event) const {
        const auto& filter = set_.filter();
        if ((event.mask & IN_ISDIR) != 0)
            return enterable(path.lexically_relative(place.root), filter.ignore_patterns);
        // A link without a wanted name may lead to a folder.
        return wanted(place.root, path, filter.watch_patterns, filter.ignore_patterns) ||
               (is_link(path) &&
                enterable(path.lexically_relative(place.root), filter.ignore_patterns));
    }

    static bool is_link(const fs::path& path) {
        struct stat status{};
        return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
    }

    // A new file is told when its writer closes it; only another name for an existing file is
    // complete at once.
    static bool still_to_be_written(const fs::path& path) {
        struct stat status{};
        return ::lstat(path.c_str(), &status) != 0 ||
               (S_ISREG(status.st_mode) && status.st_nlink == 1);
    }

    Inotify inotify_;
    asio::posix::stream_descriptor readable_;
    WatchSet set_;
    std::vector<fs::path> roots_;

    bool pending_ = false;
    bool everything_ = false;
    bool overflow_ = false;
    bool structure_changed_ = false;
    std::set<fs::path> paths_;
    std::string problem_;
    MonotonicTime noticed_{};
};

}  // namespace

Result<std::unique_ptr<Watcher>, std::string> make_inotify_watcher(asio::any_io_executor executor,
                                                                   WatchFilter filter) {
    Inotify inotify;
    if (!inotify.valid()) return "cannot use inotify: " + inotify_error_text(errno);
    return std::unique_ptr<Watcher>(std::make_unique<InotifyWatcher>(
        std::move(executor), std::move(inotify), std::move(filter)));
}

std::optional<std::string> file_system_without_events(const fs::path& path) {
    constexpr unsigned vboxsf = 0x786f4256;
    struct statfs status{};
    if (::statfs(path.c_str(), &status) != 0) return std::nullopt;
    switch (static_cast<unsigned>(status.f_type)) {
        case NFS_SUPER_MAGIC:
            return "nfs";
        case SMB_SUPER_MAGIC:
            return "smb";
        case SMB2_SUPER_MAGIC:
            return "smb2";
        case CIFS_SUPER_MAGIC:
            return "cifs";
        case FUSE_SUPER_MAGIC:
            return "fuse";
        case V9FS_MAGIC:
            return "9p";
        case vboxsf:
            return "vboxsf";
        default:
            return std::nullopt;
    }
}

}  // namespace hotreload
