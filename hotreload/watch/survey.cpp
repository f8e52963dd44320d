#include "hotreload/watch/survey.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <deque>
#include <filesystem>
#include <system_error>

#include "hotreload/config/patterns.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t itself = IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB;
constexpr std::uint32_t entries = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | itself;
// IN_ATTRIB: it may become readable. IN_MODIFY: a writer that does not close.
constexpr std::uint32_t entries_and_content = entries | IN_CLOSE_WRITE | IN_MODIFY;
constexpr int links_max = 40;  // on one way, as the kernel has it

enum class Kind { missing, folder, link, other };

Kind kind_of(const std::string& path) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return Kind::missing;
    if (S_ISDIR(status.st_mode)) return Kind::folder;
    return S_ISLNK(status.st_mode) ? Kind::link : Kind::other;
}

Kind kind_behind(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return Kind::missing;
    return S_ISDIR(status.st_mode) ? Kind::folder : Kind::other;
}

std::string join(const std::string& folder, const std::string& name) {
    return folder == "/" ? folder + name : folder + "/" + name;
}

// One folder that went, or is closed to us, while we look: its parent tells when that changes. A
// limit concerns everything.
bool concerns_one_folder(int error) {
    return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP;
}

}  // namespace

// Where a way has come to: a real folder, and the names still to go.
struct Survey::Walk {
    std::string at = "/";
    std::deque<std::string> ahead;
    int links = 0;
    bool ended = false;

    void go(const fs::path& path) {
        std::vector<std::string> names;
        for (const auto& part : path.relative_path())
            if (!part.empty() && part != ".") names.push_back(part.native());
        ahead.insert(ahead.begin(), names.begin(), names.end());
        if (path.is_absolute()) at = "/";
    }
};

void Survey::look(const std::string& root) {
    root_ = &root;
    follow(root, {.hint = root, .content = true});
    if (problem_ || kind_behind(root) != Kind::folder) return;
    std::set<int> above;
    enter(root, above);
}

void Survey::fail(const std::string& path, std::string cause) {
    if (!problem_) problem_ = {path, std::move(cause)};
}

void Survey::check_file_system(const std::string& folder) {
    if (options_.mode == WatchMode::events) return;
    const auto name = options_.without_events ? options_.without_events(folder)
                                              : file_system_without_events(folder);
    if (name) fail(folder, "on " + *name + " the kernel does not tell what changes elsewhere");
}

std::optional<int> Survey::watch(const std::string& folder, std::uint32_t mask) {
    if (trees_.size() >= limits::source_files_max) {
        fail(*root_,
             "there are more than " + std::to_string(limits::source_files_max) + " folders");
        return std::nullopt;
    }
    const int number = inotify_.add(folder, mask);
    if (number >= 0) return number;
    if (folder == *root_ || !concerns_one_folder(errno)) fail(folder, inotify_error_text(errno));
    return std::nullopt;
}

// `above`: the folders that the way here leads through; a link back to one of them ends the way.
void Survey::enter(const std::string& folder, std::set<int>& above) {
    const auto number = watch(folder, entries_and_content);
    if (!number) return;
    if (!above.insert(*number).second) return;
    trees_.push_back({*number, {folder, root_}});
    check_file_system(folder);
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed);
         !failed && !problem_ && it != fs::directory_iterator(); it.increment(failed)) {
        if (!enterable(it->path().filename(), options_.filter.ignore_patterns)) continue;
        std::error_code ignored;
        if (it->is_symlink(ignored))
            enter_link(it->path().native(), above);
        else if (it->is_directory(ignored))
            enter(it->path().native(), above);
    }
    above.erase(*number);
}

// A link leads to a folder of the root, to a file with a wanted name, or may do so some day.
void Survey::enter_link(const std::string& path, std::set<int>& above) {
    const auto& patterns = options_.filter.watch_patterns;
    follow(path,
           {.hint = path, .content = matches_any(fs::path(path).filename().native(), patterns)});
    if (!problem_ && kind_behind(path) == Kind::folder) enter(path, above);
}

// Watches every step of the way to what `path` names, so that it is told when one of them becomes
// another; where a step is missing, its place.
void Survey::follow(const std::string& path, const Goal& goal) {
    Walk walk;
    walk.go(path);
    while (!walk.ahead.empty() && !walk.ended && !problem_) {
        const auto name = walk.ahead.front();
        walk.ahead.pop_front();
        if (name == "..")
            walk.at = fs::path(walk.at).parent_path().native();
        else
            step(walk, name, goal);
    }
}

void Survey::step(Walk& walk, const std::string& next, const Goal& goal) {
    const auto path = join(walk.at, next);
    const bool last = walk.ahead.empty();
    if (!last && (ways_.contains(path) || kind_of(path) == Kind::folder) &&
        step_into(walk, path, goal))
        return;
    // What stands here is read after the folder is watched.
    const auto number = watch_way(walk.at, last ? entries_and_content : entries);
    const int error = errno;
    const auto kind = kind_of(path);
    const bool on_the_way = kind != Kind::other || !last;
    if (number)
        names_.push_back({*number, {next, path, goal.hint, on_the_way, goal.content, root_}});
    else if (last || kind != Kind::folder)
        fail(walk.at, inotify_error_text(error));
    if (last || kind != Kind::folder) check_file_system(walk.at);
    if (kind == Kind::folder && !last) {
        walk.at = path;
        return;
    }
    walk.ended = kind != Kind::link || ++walk.links > links_max;
    if (walk.ended) return;
    std::error_code failed;
    const auto target = fs::read_symlink(path, failed);
    walk.ended = static_cast<bool>(failed);
    walk.go(target);
}

// False when it cannot be watched itself: then its place is.
bool Survey::step_into(Walk& walk, const std::string& path, const Goal& goal) {
    const auto number = watch_way(path, itself);
    if (!number) return false;
    walk.at = path;
    names_.push_back({*number, {"", path, goal.hint, true, goal.content, root_}});
    return true;
}

std::optional<int> Survey::watch_way(const std::string& folder, std::uint32_t mask) {
    const auto known = ways_.find(folder);
    if (known != ways_.end() && (mask & ~known->second.mask) == 0) return known->second.watch;
    const auto number = watch(folder, mask);
    if (number) {
        auto& way = ways_.try_emplace(folder, Way{*number, 0}).first->second;
        way = {*number, mask | way.mask};
    }
    return number;
}

}  // namespace hotreload
