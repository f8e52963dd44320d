#include "hotreload/source/fingerprint.h"

#include <algorithm>
#include <ctime>
#include <iterator>

namespace hotreload {
namespace {

constexpr int unstable_reads_max = 3;

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t system_now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now);
}

std::vector<FileHash> hash_all(const std::vector<std::filesystem::path>& files, StatCache& cache) {
    std::vector<FileHash> hashes;
    hashes.reserve(files.size());
    for (const auto& file : files) hashes.push_back({file, cache.hash(file)});
    return hashes;
}

// A missing file is neither an empty one nor one that is not listed.
void feed(Sha256& hash, const std::string& shown, const FileHash& file) {
    hash.field(shown).field(file.digest ? "content " + file.digest->hex() : std::string("missing"));
}

bool by_path(const FileHash& a, const FileHash& b) { return a.path < b.path; }

}  // namespace

std::optional<StatCache::Entry> StatCache::identity(const std::filesystem::path& file) {
    struct stat status{};
    // Opening a fifo would wait for a writer.
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    Entry entry;
    entry.dev = status.st_dev;
    entry.ino = status.st_ino;
    entry.size = status.st_size;
    entry.mtime_ns = nanoseconds(status.st_mtim);
    entry.ctime_ns = nanoseconds(status.st_ctim);
    return entry;
}

bool StatCache::Entry::same_file(const Entry& other) const {
    return dev == other.dev && ino == other.ino && size == other.size &&
           mtime_ns == other.mtime_ns && ctime_ns == other.ctime_ns;
}

std::optional<Digest> StatCache::hash(const std::filesystem::path& file) {
    auto now = identity(file);
    if (now) {
        const auto known = entries_.find(file);
        if (known != entries_.end() && known->second.trusted && known->second.same_file(*now))
            return known->second.digest;
    }
    for (int read = 0; now && read < unstable_reads_max; ++read) {
        // Taken before reading: whatever changes later gets a ctime that is not older than this.
        const auto moment = system_now_ns();
        const auto digest = sha256_file(file);
        if (!digest) break;
        ++hashed_count_;
        const auto after = identity(file);
        if (after && (after->same_file(*now) || read + 1 == unstable_reads_max)) {
            now->digest = *digest;
            now->trusted = after->same_file(*now) && now->ctime_ns < moment - settle_ns;
            entries_[file] = *now;
            return digest;
        }
        now = after;
    }
    entries_.erase(file);
    return std::nullopt;
}

void StatCache::forget(const std::filesystem::path& file) { entries_.erase(file); }

Fingerprinted fingerprint(const FingerprintInput& input, StatCache& cache) {
    auto sources = input.source.files;
    std::sort(sources.begin(), sources.end());
    auto dependencies = input.dependencies;
    std::sort(dependencies.begin(), dependencies.end());
    dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
    std::vector<std::filesystem::path> outside;
    std::set_difference(dependencies.begin(), dependencies.end(), sources.begin(), sources.end(),
                        std::back_inserter(outside));

    Sha256 hash;
    hash.field("hotreload fingerprint 1")
        .field(input.source.name)
        .field(to_string(input.source.language));
    hash.field(input.source.entry.lexically_relative(input.source.root).native());
    Fingerprinted result;
    result.files = hash_all(sources, cache);
    hash.field("sources");
    for (const auto& file : result.files)
        feed(hash, file.path.lexically_relative(input.source.root).native(), file);
    auto hashed_outside = hash_all(outside, cache);
    hash.field("dependencies");
    for (const auto& file : hashed_outside) feed(hash, file.path.native(), file);
    hash.field("config").field(input.config_text).field("toolchain").field(input.toolchain);

    std::move(hashed_outside.begin(), hashed_outside.end(), std::back_inserter(result.files));
    std::sort(result.files.begin(), result.files.end(), by_path);
    result.fingerprint = hash.finish();
    return result;
}

std::vector<std::filesystem::path> changed_paths(const std::vector<FileHash>& before,
                                                 const std::vector<FileHash>& after) {
    std::vector<std::filesystem::path> changed;
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
        if (now == after.end() || (old != before.end() && old->path < now->path)) {
            changed.push_back((old++)->path);
        } else if (old == before.end() || now->path < old->path) {
            changed.push_back((now++)->path);
        } else {
            if (old->digest != now->digest) changed.push_back(now->path);
            ++old;
            ++now;
        }
    }
    return changed;
}

}  // namespace hotreload
