#include "hotreload/source/package_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "hotreload/config/patterns.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

class Walk {
public:
    Walk(const fs::path& folder, const ReloadSettings& settings, std::size_t files_max)
        : folder_(folder), settings_(settings), left_(files_max) {}

    PackageFiles run() {
        found_.readable = enter(folder_);
        std::sort(found_.files.begin(), found_.files.end());
        return std::move(found_);
    }

private:
    bool enter(const fs::path& folder) {
        if (!first_visit(folder)) return true;
        std::error_code error;
        fs::directory_iterator entries(folder, error);
        for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
            if (left_ == 0) return stop_at_bound(folder);
            --left_;
            look_at(*entries);
        }
        if (error) found_.problems.push_back({folder, "", error.message()});
        return !error;
    }

    void look_at(const fs::directory_entry& entry) {
        if (!enterable(entry.path().filename(), settings_.ignore_patterns)) return;
        std::error_code error;
        if (entry.is_directory(error)) {
            enter(entry.path());
            return;
        }
        if (!matches_any(entry.path().filename().native(), settings_.watch_patterns)) return;
        if (entry.exists(error) && !entry.is_regular_file(error))
            return;  // a fifo or socket; dangling links are told
        if (auto reason = unreadable_reason(entry.path()); !reason.empty())
            found_.problems.push_back({entry.path(), "", std::move(reason)});
        found_.files.push_back(entry.path());
    }

    bool first_visit(const fs::path& folder) {
        struct stat status{};
        if (::stat(folder.c_str(), &status) != 0) return true;  // opening it will say why
        return visited_.insert({status.st_dev, status.st_ino}).second;
    }

    bool stop_at_bound(const fs::path& folder) {
        if (!std::exchange(bound_reported_, true))
            found_.problems.push_back(
                {folder, "",
                 "too many files below " + folder_.native() +
                     ": the rest is left out; ignore_patterns can exclude folders"});
        return true;
    }

    const fs::path& folder_;
    const ReloadSettings& settings_;
    std::size_t left_;
    bool bound_reported_ = false;
    std::set<std::pair<dev_t, ino_t>> visited_;
    PackageFiles found_;
};

}  // namespace

std::string unreadable_reason(const std::filesystem::path& file) {
    if (::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) == 0) return {};
    return std::error_code(errno, std::generic_category()).message();
}

PackageFiles package_files(const std::filesystem::path& folder, const ReloadSettings& settings,
                           std::size_t files_max) {
    return Walk(folder, settings, files_max).run();
}

}  // namespace hotreload
