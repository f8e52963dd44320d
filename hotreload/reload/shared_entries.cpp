#include "hotreload/reload/shared_entries.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "hotreload/base/path_order.h"
#include "hotreload/base/unix_time.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

bool same(const struct stat& a, const struct stat& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino &&
           nanoseconds(a.st_mtim) == nanoseconds(b.st_mtim) &&
           nanoseconds(a.st_ctim) == nanoseconds(b.st_ctim);
}

fs::path normal(const fs::path& path) {
    auto full = fs::absolute(path).lexically_normal();
    return full.has_filename() ? full : full.parent_path();
}

// Where it really lies; what is not there yet has the place that it would get.
fs::path real(const fs::path& path) {
    std::error_code error;
    auto found = fs::weakly_canonical(path, error);
    return error ? path : found;
}

bool touches(const fs::path& entry, const std::vector<fs::path>& unshared) {
    return std::ranges::any_of(unshared, [&](const fs::path& path) {
        return is_below(path, entry) || is_below(entry, path);
    });
}

}  // namespace

SharedEntries::SharedEntries(const Catalog& catalog, std::vector<fs::path> unshared)
    : catalog_(catalog) {
    for (const auto& path : unshared) unshared_.push_back(normal(path));
}

const std::vector<fs::path>& SharedEntries::now() {
    if (looks_ == catalog_.looks() && still_so()) return entries_;
    looks_ = catalog_.looks();
    seen_.clear();
    entries_.clear();
    for (const auto& root : catalog_.roots()) {
        seen_.push_back(see(root));
        read(root);
    }
    return entries_;
}

SharedEntries::Seen SharedEntries::see(const fs::path& root) {
    Seen seen{.root = root};
    const bool there = ::stat(root.c_str(), &seen.facts) == 0;
    seen.settled = there && nanoseconds(seen.facts.st_ctim) < unix_now_ns() - StatCache::settle_ns;
    return seen;
}

bool SharedEntries::still_so() const {
    return std::ranges::all_of(seen_, [](const Seen& seen) {
        struct stat facts{};
        return seen.settled && ::stat(seen.root.c_str(), &facts) == 0 && same(facts, seen.facts);
    });
}

// Links lead to the same files, so places are real ones. A plugin folder that lies in an unshared
// one (`--data .`) has been named by the operator, and its entries are shared.
std::vector<fs::path> SharedEntries::unshared_in(const fs::path& root) const {
    std::vector<fs::path> places;
    const auto real_root = real(root);
    for (const auto& path : unshared_)
        if (auto place = real(path); !is_below(real_root, place))
            places.push_back(std::move(place));
    return places;
}

void SharedEntries::read(const fs::path& root) {
    const auto unshared = unshared_in(root);
    const auto real_root = real(root);
    const auto roots = catalog_.roots();
    const auto holds_root = [&](const fs::path& folder) {
        return std::ranges::any_of(roots,
                                   [&](const fs::path& other) { return is_below(other, folder); });
    };
    std::unordered_set<std::string_view> of_plugins{catalog_.options().config_file.native()};
    for (const auto& plugin : catalog_.sources())
        of_plugins.insert((plugin.folder.empty() ? plugin.entry : plugin.folder).native());
    std::error_code error;
    for (fs::directory_iterator at(root, error); !error && at != fs::directory_iterator();
         at.increment(error)) {
        const auto& path = at->path();
        if (path.filename().native().starts_with('.') || of_plugins.contains(path.native()))
            continue;
        std::error_code ignored;
        if (at->is_directory(ignored) && holds_root(path)) continue;
        const bool link = at->is_symlink(ignored);
        if (touches(link ? real(path) : real_root / path.filename(), unshared)) continue;
        entries_.push_back(path);
    }
}

}  // namespace hotreload
