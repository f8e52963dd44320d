#include "hotreload/source/fingerprint.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "hotreload/base/path_order.h"

namespace hotreload {
namespace {

// Of Python plugins the bytes are remembered: what they are kept from must be what was served.
std::vector<FileHash> hash_all(const PluginSource& source,
                               const std::vector<std::filesystem::path>& files, StatCache& cache) {
    const bool remember = source.language == Language::python;
    std::vector<FileHash> hashes;
    hashes.reserve(files.size());
    for (const auto& file : files) hashes.push_back({file, cache.hash(file, remember)});
    return hashes;
}

// Gathers what Sha256::field would be given, because one call for many fields is several times
// quicker than many calls.
class Fields {
public:
    Fields& field(std::string_view data) {
        for (std::size_t i = 0; i < 8; ++i)
            text_ += static_cast<char>(std::uint64_t{data.size()} >> (8 * i) & 0xff);
        text_ += data;
        if (text_.size() > gathered_bytes) pass_on();
        return *this;
    }
    // A missing file is neither an empty one nor one that is not listed.
    void file(std::string_view shown, const FileHash& file) {
        field(shown).field(file.digest ? "content " + file.digest->hex() : std::string("missing"));
    }
    Digest finish() {
        pass_on();
        return hash_.finish();
    }

private:
    static constexpr std::size_t gathered_bytes = 16u << 10;
    void pass_on() {
        hash_.bytes(text_);
        text_.clear();
    }

    Sha256 hash_;
    std::string text_;
};

std::vector<std::filesystem::path> in_order(std::vector<std::filesystem::path> files) {
    if (!std::is_sorted(files.begin(), files.end(), path_less))
        std::sort(files.begin(), files.end(), path_less);
    return files;
}

bool by_path(const FileHash& a, const FileHash& b) { return path_less(a.path, b.path); }

}  // namespace

Fingerprinted fingerprint(const FingerprintInput& input, StatCache& cache) {
    const auto& source = input.source;
    Fields hash;
    hash.field("hotreload fingerprint 1").field(source.name).field(to_string(source.language));
    hash.field(relative_text(source.entry, source.root));
    Fingerprinted result;
    cache.take_unsettled();
    result.files = hash_all(source, in_order(source.files), cache);
    hash.field("sources");
    for (const auto& file : result.files) hash.file(relative_text(file.path, source.root), file);

    auto dependencies = in_order(input.dependencies);
    dependencies.erase(std::unique(dependencies.begin(), dependencies.end()), dependencies.end());
    std::erase_if(dependencies, [&](const std::filesystem::path& file) {
        return std::binary_search(result.files.begin(), result.files.end(), FileHash{file, {}},
                                  by_path);
    });
    auto outside = hash_all(source, dependencies, cache);
    hash.field("dependencies");
    for (const auto& file : outside) hash.file(file.path.native(), file);
    hash.field("config").field(input.config_text).field("toolchain").field(input.toolchain);

    const auto own = static_cast<std::ptrdiff_t>(result.files.size());
    std::move(outside.begin(), outside.end(), std::back_inserter(result.files));
    std::inplace_merge(result.files.begin(), result.files.begin() + own, result.files.end(),
                       by_path);
    result.unsettled = cache.take_unsettled();
    result.fingerprint = hash.finish();
    return result;
}

std::vector<std::filesystem::path> changed_paths(const std::vector<FileHash>& before,
                                                 const std::vector<FileHash>& after) {
    std::vector<std::filesystem::path> changed;
    auto old = before.begin();
    auto now = after.begin();
    while (old != before.end() || now != after.end()) {
        if (now == after.end() || (old != before.end() && path_less(old->path, now->path))) {
            changed.push_back((old++)->path);
        } else if (old == before.end() || path_less(now->path, old->path)) {
            changed.push_back((now++)->path);
        } else {
            if (old->digest != now->digest) changed.push_back(now->path);
            ++old;
            ++now;
        }
    }
    return changed;
}

const FileHash* find_file(const std::vector<FileHash>& sorted, const std::filesystem::path& path) {
    const auto found = std::ranges::lower_bound(sorted, path, path_less, &FileHash::path);
    return found != sorted.end() && found->path.native() == path.native() ? &*found : nullptr;
}

bool contains_path(const std::vector<std::filesystem::path>& sorted,
                   const std::filesystem::path& path) {
    return std::binary_search(sorted.begin(), sorted.end(), path, path_less);
}

std::vector<std::filesystem::path> not_among(const std::vector<std::filesystem::path>& known,
                                             std::vector<std::filesystem::path> paths) {
    paths = in_order(std::move(paths));
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    std::erase_if(paths,
                  [&](const std::filesystem::path& path) { return contains_path(known, path); });
    return paths;
}

}  // namespace hotreload
