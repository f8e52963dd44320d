#include "hotreload/source/package_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "hotreload/base/path_order.h"
#include "hotreload/config/patterns.h"
#include "hotreload/source/folder_reader.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

class Walk {
public:
    Walk(const fs::path& folder, const ReloadSettings& settings, std::size_t files_max)
        : folder_(folder), settings_(settings), left_(files_max) {}

    PackageFiles run() {
        FolderReader reader(folder_);
        enter(reader, folder_);
        std::sort(found_.files.begin(), found_.files.end(), path_less);
        return std::move(found_);
    }

private:
    void enter(FolderReader& reader, const fs::path& folder) {
        const auto identity = reader.open() ? reader.identity() : FolderReader::identity_of(folder);
        if (identity && !visited_.insert(*identity).second) return;
        while (left_ > 0 && reader.next()) {
            --left_;
            look_at(reader, folder);
        }
        if (left_ == 0 && reader.next()) stop_at_bound(folder);
        if (reader.reason().empty()) return;
        found_.problems.push_back({folder, "", reader.reason()});
        if (!FolderReader::is_gone(folder)) found_.unreadable.push_back(folder);
    }

    void look_at(const FolderReader& reader, const fs::path& folder) {
        const auto& name = reader.name();
        if (!enterable_name(name, settings_.ignore_patterns)) return;
        const auto kind = reader.kind();
        if (kind == EntryKind::folder) {
            FolderReader within(reader, name);
            enter(within, folder / name);
            return;
        }
        // Neither a fifo nor a socket; dangling links are told.
        if (kind == EntryKind::other || !matches_any(name, settings_.watch_patterns)) return;
        found_.files.push_back(folder / name);
        if (auto reason = reader.unreadable_reason(); !reason.empty())
            found_.problems.push_back({found_.files.back(), "", std::move(reason)});
    }

    void stop_at_bound(const fs::path& folder) {
        if (!std::exchange(bound_reported_, true))
            found_.problems.push_back(
                {folder, "",
                 "too many files below " + folder_.native() +
                     ": the rest is left out; ignore_patterns can exclude folders"});
    }

    const fs::path& folder_;
    const ReloadSettings& settings_;
    std::size_t left_;
    bool bound_reported_ = false;
    std::set<FolderReader::Identity> visited_;
    PackageFiles found_;
};

}  // namespace

PackageFiles package_files(const std::filesystem::path& folder, const ReloadSettings& settings,
                           std::size_t files_max) {
    return Walk(folder, settings, files_max).run();
}

}  // namespace hotreload
