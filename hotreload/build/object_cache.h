#pragma once
// Files named by what they were made of: objects, and the plugins linked from them. Written under a
// temporary name and renamed, so that a name never stands for half a file; what is in use is never
// written to.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hotreload/base/sha256.h"
#include "hotreload/build/file_state.h"

namespace hotreload {

// A new file beside the name it is meant for; removed again unless committed.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::filesystem::path& beside);
    TemporaryFile(TemporaryFile&& other) noexcept;
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // rename(2) onto `name`; false when that failed (errno says why).
    bool commit(const std::filesystem::path& name);

private:
    std::filesystem::path path_;
};

class ObjectCache {
public:
    explicit ObjectCache(std::filesystem::path dir) : dir_(std::move(dir)) {}

    // The reason why the folders could not be made; empty when they are there.
    std::string create_folders() const;

    // What the source included when it was last compiled under this key; nullopt when it never was.
    [[nodiscard]] std::optional<std::vector<std::filesystem::path>> dependencies(
        const Digest& source_key) const;
    bool store_dependencies(const Digest& source_key,
                            const std::vector<std::filesystem::path>& files) const;
    // The name that stands for this source with exactly these included contents.
    static Digest object_key(const Digest& source_key, const std::vector<FileState>& dependencies);
    [[nodiscard]] std::filesystem::path object_path(const Digest& object_key) const;
    [[nodiscard]] std::filesystem::path artifact_path(const std::string& plugin,
                                                      const Digest& key) const;
    [[nodiscard]] std::filesystem::path precompiled_dir(const Digest& key) const;
    [[nodiscard]] std::filesystem::path temporary_dir() const { return dir_ / "tmp"; }

    // Removes objects that nobody used for `objects_keep`, all but the newest artifacts of each
    // plugin beyond that age, and what was left behind by builds that were killed. Never removes
    // the artifacts in `kept`.
    void prune(const std::set<std::filesystem::path>& kept) const;

private:
    std::filesystem::path dir_;
};

// A file and no link, pipe or the like, of at most this size: what a compiler run has left may be
// anything.
bool plain_file(const std::filesystem::path& file, std::uint64_t bytes_max);
// Moves what a compiler run has made to the name it is kept under; false when that failed (errno
// says why) or it is no plain file.
bool keep(const std::filesystem::path& made, const std::filesystem::path& name);

// True for an ELF file that is as long as its own header says. Marks it as used now.
bool usable_elf(const std::filesystem::path& file);

}  // namespace hotreload
