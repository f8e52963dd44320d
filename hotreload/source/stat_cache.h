#pragma once
// Hashes of files, by path. Times are never compared; they only let an unchanged file skip being
// read again.

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "hotreload/base/sha256.h"
#include "hotreload/source/recent_contents.h"

namespace hotreload {

// A hash is kept while (dev, ino, size, mtime_ns, ctime_ns) stay the same. It is not trusted again
// when ctime lay within `settle_ns` of the moment it was taken: the file may have changed within
// one clock tick.
//
// What is written to mapped memory does not show in a file's times while its page waits to be
// written to the disk. Who looks behind the events' back trusts only what was older than that; who
// is told of a file forgets it first; who was asked to look forgets everything.
//
// A large file (base/large_file.h) is never read: its mark is its hash.
class StatCache {
public:
    static constexpr std::int64_t settle_ns = 50'000'000;

    StatCache() : StatCache(kernel_writeback_ns()) {}
    explicit StatCache(std::int64_t writeback_ns) : writeback_ns_(writeback_ns) {}

    // nullopt when the file cannot be read (it may be gone). With `remember`, what is really read
    // goes to contents().
    std::optional<Digest> hash(const std::filesystem::path& file, bool remember = false);
    void forget(const std::filesystem::path& file) { entries_.erase(file.native()); }
    void forget_all() { entries_.clear(); }
    void trust_only_written_back(bool only) { required_age_ns_ = only ? writeback_ns_ : settle_ns; }
    [[nodiscard]] const RecentContents& contents() const { return contents_; }
    [[nodiscard]] std::size_t hashed_count() const {
        return hashed_count_;
    }  // files really read so far
    // Whether a large file was met, since this was asked last, that is perhaps still being written.
    bool take_unsettled() { return std::exchange(unsettled_, false); }

    // How old a change must be to show in a file's times though it was made in mapped memory.
    static std::int64_t kernel_writeback_ns();

private:
    struct Facts {
        std::uint64_t dev = 0, ino = 0;
        std::int64_t size = 0, mtime_ns = 0, ctime_ns = 0;

        bool operator==(const Facts&) const = default;
    };
    struct Entry {
        Facts facts;
        std::int64_t age_ns = 0;  // from its ctime to the moment it was hashed
        Digest digest;
    };
    static Facts facts_of(const struct stat& status);

    Digest mark(const struct stat& status);

    std::unordered_map<std::string, Entry> entries_;  // by path
    RecentContents contents_;
    std::int64_t writeback_ns_;
    std::int64_t required_age_ns_ = settle_ns;
    std::size_t hashed_count_ = 0;
    bool unsettled_ = false;
};

}  // namespace hotreload
