#include "hotreload/watch/poll_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "hotreload/base/unix_time.h"
#include "hotreload/config/patterns.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

// Some file systems keep times in steps of two seconds: a file may be written twice within one step
// and look the same, so what has changed is told once more after it.
constexpr Millis times_step{2'000};
constexpr int share_of_time = 20;  // at most one part in so many is spent on looking

Signature signature_of(const struct stat& status) {
    Signature signature{.device = status.st_dev, .inode = status.st_ino, .mode = status.st_mode};
    if (S_ISDIR(status.st_mode)) return signature;
    signature.size = status.st_size;
    signature.modified_ns = nanoseconds(status.st_mtim);
    signature.changed_ns = nanoseconds(status.st_ctim);
    return signature;
}

bool is_young(const Signature& signature) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto age_ns = nanoseconds(now) - signature.modified_ns;
    return signature.modified_ns != 0 && age_ns >= 0 &&
           age_ns < std::chrono::nanoseconds(times_step).count();
}

}  // namespace

struct PollWatch::Listing {
    const WatchFilter& filter;
    Snapshot snapshot;
    std::set<std::pair<std::uint64_t, std::uint64_t>> above;  // ends links that lead in a circle

    void look_at(const std::string& path, bool must) {
        if (snapshot.entries.size() >= limits::source_files_max) {
            snapshot.whole = false;
            return;
        }
        struct stat status{};
        // A link that leads nowhere is there all the same.
        if (::stat(path.c_str(), &status) != 0 && ::lstat(path.c_str(), &status) != 0) return;
        const bool folder = S_ISDIR(status.st_mode);
        if (!folder && !must &&
            !matches_any(fs::path(path).filename().native(), filter.watch_patterns))
            return;
        const auto signature = signature_of(status);
        snapshot.entries.emplace_back(path, signature);
        if (folder) enter(path, {signature.device, signature.inode});
    }

    void enter(const std::string& folder, std::pair<std::uint64_t, std::uint64_t> identity) {
        if (!above.insert(identity).second) return;
        std::error_code failed;
        for (fs::directory_iterator it(folder, failed);
             !failed && snapshot.whole && it != fs::directory_iterator(); it.increment(failed)) {
            const auto& name = it->path().filename();
            if (!enterable(name, filter.ignore_patterns)) continue;
            std::error_code ignored;
            // Told by the folder itself: a file with a name that nobody wants needs no stat(2).
            const bool maybe_folder = it->is_symlink(ignored) || it->is_directory(ignored);
            if (maybe_folder || matches_any(name.native(), filter.watch_patterns))
                look_at(it->path().native(), false);
        }
        above.erase(identity);
    }
};

PollWatch::Snapshot PollWatch::look(const std::string& root) const {
    Listing listing{.filter = options_.filter, .snapshot = {}, .above = {}};
    listing.look_at(root, true);
    std::ranges::sort(listing.snapshot.entries, {}, &Entries::value_type::first);
    return std::move(listing.snapshot);
}

void PollWatch::add(const std::string& root) {
    if (roots_.empty()) due_ = deadline_after(options_.poll_interval);
    auto snapshot = look(root);
    const auto at = monotonic_now() + times_step;
    for (const auto& [path, signature] : snapshot.entries)
        if (is_young(signature)) again_.try_emplace(path, at);
    roots_.insert_or_assign(root, std::move(snapshot));
}

void PollWatch::poll() {
    const auto started = monotonic_now();
    tell_again(started);
    for (auto& [root, before] : roots_) {
        auto now = look(root);
        if (now.whole && before.whole)
            compare(before.entries, now.entries, started);
        else
            hints_.add(root, started);
        before = std::move(now);
    }
    const auto took = std::chrono::duration_cast<Millis>(monotonic_now() - started);
    due_ = deadline_after(std::max(options_.poll_interval, share_of_time * took));
}

void PollWatch::compare(const Entries& before, const Entries& now, MonotonicTime at) {
    auto old = before.begin();
    auto fresh = now.begin();
    while (old != before.end() || fresh != now.end()) {
        const bool came = old == before.end() || (fresh != now.end() && fresh->first < old->first);
        const bool went = !came && (fresh == now.end() || old->first < fresh->first);
        if (came || went || old->second != fresh->second)
            tell(came ? fresh->first : old->first, at);
        if (!came) ++old;
        if (!went) ++fresh;
    }
}

void PollWatch::tell(const std::string& path, MonotonicTime at) {
    hints_.add(path, at);
    again_.insert_or_assign(path, at + times_step);
}

void PollWatch::tell_again(MonotonicTime at) {
    std::erase_if(again_, [&](const auto& waiting) {
        if (waiting.second > at) return false;
        hints_.add(waiting.first, at);
        return true;
    });
}

}  // namespace hotreload
