#pragma once
// The entries of one folder, with no more calls to the kernel than their kinds need. Inside this
// folder only.

#include <dirent.h>
#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace hotreload {

enum class EntryKind { file, folder, other, dangling };  // of what a link leads to

class FolderReader {
public:
    // Relative to `parent` where that is given. reason() says why it could not be opened or read.
    explicit FolderReader(const std::filesystem::path& folder);
    FolderReader(const FolderReader& parent, const std::string& name);

    // False at the end, or when the folder cannot be read (any further).
    bool next();
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] EntryKind kind() const;
    // The reason why this process cannot read the entry; empty when it can.
    [[nodiscard]] std::string unreadable_reason() const;

    [[nodiscard]] bool open() const { return folder_ != nullptr; }
    [[nodiscard]] const std::string& reason() const { return reason_; }  // empty: all is well

    // Which folder this is, or an entry is.
    struct Identity {
        dev_t dev = 0;
        ino_t ino = 0;
        auto operator<=>(const Identity&) const = default;
    };
    [[nodiscard]] std::optional<Identity> identity() const;
    [[nodiscard]] std::optional<Identity> entry_identity() const;
    static std::optional<Identity> identity_of(const std::filesystem::path& folder);
    // False also where nobody can tell: what is above it may not be entered, or the kernel has no
    // descriptors left.
    static bool is_gone(const std::filesystem::path& folder);

private:
    struct Closer {
        void operator()(DIR* folder) const { ::closedir(folder); }
    };
    void adopt(int fd);

    std::unique_ptr<DIR, Closer> folder_;
    std::string name_;
    unsigned char type_ = DT_UNKNOWN;
    std::string reason_;
};

}  // namespace hotreload
