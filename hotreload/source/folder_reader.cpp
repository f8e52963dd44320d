#include "hotreload/source/folder_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace hotreload {
namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;

std::string reason_of_errno() { return std::error_code(errno, std::generic_category()).message(); }

}  // namespace

FolderReader::FolderReader(const std::filesystem::path& folder) {
    adopt(::open(folder.c_str(), folder_flags));
}
FolderReader::FolderReader(const FolderReader& parent, const std::string& name) {
    adopt(::openat(::dirfd(parent.folder_.get()), name.c_str(), folder_flags));
}

void FolderReader::adopt(int fd) {
    folder_.reset(fd < 0 ? nullptr : ::fdopendir(fd));
    if (folder_) return;
    reason_ = reason_of_errno();
    if (fd >= 0) ::close(fd);
}

bool FolderReader::next() {
    if (!folder_) return false;
    while (true) {
        errno = 0;
        const auto* entry = ::readdir(folder_.get());
        if (entry == nullptr) {
            if (errno != 0) reason_ = reason_of_errno();
            return false;
        }
        name_ = entry->d_name;
        type_ = entry->d_type;
        if (name_ != "." && name_ != "..") return true;
    }
}

EntryKind FolderReader::kind() const {
    if (type_ == DT_REG) return EntryKind::file;
    if (type_ == DT_DIR) return EntryKind::folder;
    if (type_ != DT_LNK && type_ != DT_UNKNOWN) return EntryKind::other;
    struct stat status{};
    if (::fstatat(::dirfd(folder_.get()), name_.c_str(), &status, 0) != 0)
        return EntryKind::dangling;
    if (S_ISREG(status.st_mode)) return EntryKind::file;
    return S_ISDIR(status.st_mode) ? EntryKind::folder : EntryKind::other;
}

std::string FolderReader::unreadable_reason() const {
    if (::faccessat(::dirfd(folder_.get()), name_.c_str(), R_OK, AT_EACCESS) == 0) return {};
    return reason_of_errno();
}

std::optional<FolderReader::Identity> FolderReader::identity() const {
    struct stat status{};
    if (!folder_ || ::fstat(::dirfd(folder_.get()), &status) != 0) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
}

std::optional<FolderReader::Identity> FolderReader::entry_identity() const {
    struct stat status{};
    if (::fstatat(::dirfd(folder_.get()), name_.c_str(), &status, 0) != 0) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
}

std::optional<FolderReader::Identity> FolderReader::identity_of(
    const std::filesystem::path& folder) {
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
}

bool FolderReader::is_gone(const std::filesystem::path& folder) {
    struct stat status{};
    return ::stat(folder.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

}  // namespace hotreload
