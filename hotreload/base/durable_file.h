#pragma once
// Files that are there whole or not at all, also after kill -9 or a power failure: written under
// another name in the same folder, made durable, then renamed.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

// Errors name the path and the reason: "cannot write /srv/data/a.json: No space left on device".

// The folder and those above it; fine when it is there already.
Result<void, std::string> make_folders(const std::filesystem::path& folder);
// Replaces the content of `file`; the folder must exist. Readable by the owner only.
Result<void, std::string> write_durably(const std::filesystem::path& file, std::string_view text);
// The same but for the name: sync_folder makes those of many files durable at once.
Result<void, std::string> replace_file(const std::filesystem::path& file, std::string_view text);
// Makes names in the folder (new, renamed, removed ones) durable.
Result<void, std::string> sync_folder(const std::filesystem::path& folder);
// nullopt when it cannot be read (errno says why).
std::optional<std::string> read_whole_file(const std::filesystem::path& file);

// Renames a file that cannot be used to NAME.damaged (with a number where that is taken), so that
// people can look at it. Says where it is now, or why it could not be moved.
std::string set_aside(const std::filesystem::path& file);

// A new, empty file in `folder` under a name that remove_unfinished() knows; removed with its owner
// unless committed.
class UnfinishedFile {
public:
    explicit UnfinishedFile(const std::filesystem::path& folder);
    UnfinishedFile(UnfinishedFile&&) noexcept = default;
    UnfinishedFile& operator=(UnfinishedFile&&) = delete;
    ~UnfinishedFile();

    // False when it could not be made, or when writing failed (errno says why).
    [[nodiscard]] bool valid() const { return fd_.valid(); }
    bool write(std::string_view bytes);
    bool sync();
    // Gives it its name, over what had it; the folder still has to be synced.
    bool commit(const std::filesystem::path& name);
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    UniqueFd fd_;
    std::filesystem::path path_;
};

inline constexpr std::string_view unfinished_prefix = ".unfinished-";
// Removes files and folders below `folder` (not deeper) that were left half-made by a process that
// was killed. Only one process may write to such a folder.
void remove_unfinished(const std::filesystem::path& folder);

// "cannot <what> <path>: <message of errno>"
std::string errno_reason(std::string_view what, const std::filesystem::path& path);

}  // namespace hotreload
