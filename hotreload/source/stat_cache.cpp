#include "hotreload/source/stat_cache.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "hotreload/base/large_file.h"
#include "hotreload/base/unix_time.h"

namespace hotreload {
namespace {

constexpr int unstable_reads_max = 3;
constexpr std::int64_t centisecond_ns = 10'000'000;
constexpr std::int64_t writeback_margin_ns = 5'000'000'000;

// Of the kernel's settings, in centiseconds; 0 means that the kernel does not do it by itself.
std::int64_t kernel_centiseconds(const char* setting, std::int64_t otherwise) {
    std::ifstream file(std::string("/proc/sys/vm/") + setting);
    std::int64_t value = 0;
    return file >> value && value > 0 ? value : otherwise;
}

std::optional<struct stat> status_of(const std::filesystem::path& file) {
    struct stat status{};
    // Opening a fifo would wait for a writer.
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return status;
}

}  // namespace

std::int64_t StatCache::kernel_writeback_ns() {
    static const auto age =
        centisecond_ns * (kernel_centiseconds("dirty_expire_centisecs", 3'000) +
                          kernel_centiseconds("dirty_writeback_centisecs", 500));
    return age + writeback_margin_ns;
}

std::optional<Digest> StatCache::hash(const std::filesystem::path& file, bool remember) {
    auto now = status_of(file);
    if (now && is_large(*now)) return mark(*now);
    if (now) {
        const auto known = entries_.find(file.native());
        if (known != entries_.end() && known->second.age_ns > required_age_ns_ &&
            known->second.facts == facts_of(*now))
            return known->second.digest;
    }
    for (int read = 0; now && read < unstable_reads_max; ++read) {
        // Taken before reading: whatever changes later gets a ctime that is not older than this.
        const auto moment = unix_now_ns();
        auto content = read_hashed(file, remember ? RecentContents::file_bytes_max : 0);
        if (!content) break;
        if (remember && content->bytes) contents_.add(content->digest, *std::move(content->bytes));
        ++hashed_count_;
        const auto after = status_of(file);
        const bool stable = after && facts_of(*after) == facts_of(*now);
        if (stable || (after && read + 1 == unstable_reads_max)) {
            const auto age = stable ? moment - nanoseconds(now->st_ctim) : 0;
            entries_[file.native()] = {facts_of(*now), age, content->digest};
            return content->digest;
        }
        now = after;
    }
    entries_.erase(file.native());
    return std::nullopt;
}

Digest StatCache::mark(const struct stat& status) {
    const auto age = unix_now_ns() - nanoseconds(status.st_ctim);
    unsettled_ = unsettled_ || (age > -settle_ns && age < settle_ns);
    return digest_of_mark(mark_of(status));
}

StatCache::Facts StatCache::facts_of(const struct stat& status) {
    return {.dev = status.st_dev,
            .ino = status.st_ino,
            .size = status.st_size,
            .mtime_ns = nanoseconds(status.st_mtim),
            .ctime_ns = nanoseconds(status.st_ctim)};
}

}  // namespace hotreload
