#pragma once
// The identity of a plugin's content. Times are never compared; they only let an unchanged file
// skip being read again.

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hotreload/model/plugin.h"
#include "hotreload/source/recent_contents.h"

namespace hotreload {

// Content hashes by path, kept while (dev, ino, size, mtime_ns, ctime_ns) stay the same. An entry
// whose ctime lies within `settle_ns` of the moment it was hashed is not trusted again: the file
// may have changed within one clock tick.
class StatCache {
public:
    static constexpr std::int64_t settle_ns = 50'000'000;

    // nullopt when the file cannot be read (it may be gone). With `remember`, what is really read
    // goes to contents().
    std::optional<Digest> hash(const std::filesystem::path& file, bool remember = false);
    void forget(const std::filesystem::path& file);
    [[nodiscard]] const RecentContents& contents() const { return contents_; }
    [[nodiscard]] std::size_t hashed_count() const {
        return hashed_count_;
    }  // files really read so far

private:
    struct Entry {
        std::uint64_t dev = 0, ino = 0;
        std::int64_t size = 0, mtime_ns = 0, ctime_ns = 0;
        bool trusted = false;
        Digest digest;

        [[nodiscard]] bool same_file(const Entry& other) const;
    };
    static std::optional<Entry> identity(const std::filesystem::path& file);

    std::unordered_map<std::string, Entry> entries_;  // by path
    RecentContents contents_;
    std::size_t hashed_count_ = 0;
};

struct FingerprintInput {
    const PluginSource& source;
    std::vector<std::filesystem::path>
        dependencies;         // discovered: headers, shared modules, data files
    std::string config_text;  // canonical text of the merged config
    std::string toolchain;    // C++: flags, compiler version, SDK; empty for Python
};

struct Fingerprinted {
    Fingerprint fingerprint;
    std::vector<FileHash> files;  // sorted by path: what it was made of
};

Fingerprinted fingerprint(const FingerprintInput& input, StatCache& cache);
// The paths whose hash differs, or which only one side has, between two states of a plugin: one
// merge of two lists sorted by path.
std::vector<std::filesystem::path> changed_paths(const std::vector<FileHash>& before,
                                                 const std::vector<FileHash>& after);
// In a list sorted by path; nullptr when it is not there.
const FileHash* find_file(const std::vector<FileHash>& sorted, const std::filesystem::path& path);
bool contains_path(const std::vector<std::filesystem::path>& sorted,
                   const std::filesystem::path& path);
// Of these, those that are not in `known`: sorted, each once. `known` is sorted.
std::vector<std::filesystem::path> not_among(const std::vector<std::filesystem::path>& known,
                                             std::vector<std::filesystem::path> paths);

}  // namespace hotreload
