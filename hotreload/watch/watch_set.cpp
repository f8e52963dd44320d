#include "hotreload/watch/watch_set.h"

#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "hotreload/config/patterns.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t appearing_and_going =
    IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
// Not IN_MODIFY: a file that is being written is not looked at before it is closed. IN_ATTRIB: it
// may become readable.
constexpr std::uint32_t and_content = IN_CLOSE_WRITE | IN_ATTRIB;

bool is_folder(const fs::path& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

fs::path clean(const fs::path& path) {
    const auto normal = fs::absolute(path).lexically_normal();
    return normal.has_filename() || normal == normal.root_path() ? normal : normal.parent_path();
}

}  // namespace

// One look at the disk, adding watches on the way; a folder is watched before it is read, so that
// nothing slips between.
struct WatchSet::Survey {
    Inotify& inotify;
    const WatchFilter& filter;
    Places places;
    std::size_t places_count = 0;
    std::string error;

    void fail(const fs::path& path, const std::string& reason) {
        if (error.empty()) error = "cannot watch " + path.native() + ": " + reason;
    }

    std::optional<int> watch(const fs::path& folder, std::uint32_t mask, bool must) {
        if (places_count >= limits::source_files_max) {
            fail(folder, "more than " + std::to_string(limits::source_files_max) + " folders");
            return std::nullopt;
        }
        const int number = inotify.add(folder, mask);
        if (number >= 0) return number;
        // A folder may go, or be closed to us, while we look; that is told by discovery. A limit
        // concerns everything.
        const bool of_this_folder =
            errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP;
        if (must || !of_this_folder) fail(folder, inotify_error_text(errno));
        return std::nullopt;
    }

    WatchedPlace& place(int number, const fs::path& folder, const fs::path& root) {
        auto& all = places[number];
        const auto known = std::find_if(all.begin(), all.end(), [&](const WatchedPlace& other) {
            return other.folder == folder && (other.root == root || root.empty());
        });
        if (known != all.end()) return *known;
        ++places_count;
        return all.emplace_back(WatchedPlace{folder, root, {}});
    }

    void add_root(const fs::path& root) {
        if (is_folder(root)) {
            std::set<int> above;
            add_folder(root, root, above);
            if (root != root.root_path()) add_name(root, root, appearing_and_going);
            return;
        }
        add_name(root, root, appearing_and_going | and_content);
        std::error_code ignored;
        if (fs::is_symlink(fs::symlink_status(root, ignored))) add_target(root);
    }

    // `above`: the folders that the way here leads through; a link back to one of them ends the
    // way.
    void add_folder(const fs::path& folder, const fs::path& root, std::set<int>& above) {
        const auto number = watch(folder, appearing_and_going | and_content, folder == root);
        if (!number || !above.insert(*number).second) return;
        place(*number, folder, root);
        std::error_code failed;
        for (fs::directory_iterator it(folder, failed);
             !failed && error.empty() && it != fs::directory_iterator(); it.increment(failed)) {
            if (!enterable(it->path().filename(), filter.ignore_patterns)) continue;
            std::error_code ignored;
            if (it->is_directory(ignored))
                add_folder(it->path(), root, above);
            else if (it->is_symlink(ignored) &&
                     matches_any(it->path().filename().native(), filter.watch_patterns))
                add_target(it->path());
        }
        above.erase(*number);
    }

    // Watches `path` by its name in the folder it lies in; where that is missing, the first missing
    // folder on the way.
    void add_name(fs::path path, const fs::path& hint, std::uint32_t mask) {
        while (path.has_relative_path() && !is_folder(path.parent_path()))
            path = path.parent_path();
        const auto folder = path.parent_path();
        const auto number = watch(folder, mask, true);
        if (!number) return;
        auto& hints = place(*number, folder, {}).names[path.filename().native()];
        if (std::find(hints.begin(), hints.end(), hint) == hints.end()) hints.push_back(hint);
    }

    // The file that a link stands for changes where it really lies.
    void add_target(const fs::path& link) {
        std::error_code failed;
        const auto target = fs::weakly_canonical(link, failed);
        if (!failed && target != link && target.has_filename())
            add_name(target, link, appearing_and_going | and_content);
    }
};

Result<void, std::string> WatchSet::fit(const std::vector<fs::path>& roots) {
    Survey survey{
        .inotify = inotify_, .filter = filter_, .places = {}, .places_count = 0, .error = {}};
    for (const auto& root : roots)
        if (survey.error.empty()) survey.add_root(clean(root));
    const bool fits = survey.error.empty();
    const auto& kept = fits ? survey.places : places_;
    const auto& dropped = fits ? places_ : survey.places;
    for (const auto& [number, unused] : dropped)
        if (!kept.contains(number)) inotify_.remove(number);
    if (!fits) return survey.error;
    places_ = std::move(survey.places);
    return {};
}

const std::vector<WatchedPlace>& WatchSet::places(int watch) const {
    static const std::vector<WatchedPlace> none;
    const auto found = places_.find(watch);
    return found == places_.end() ? none : found->second;
}

}  // namespace hotreload
