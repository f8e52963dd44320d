#include "hotreload/history/snapshots.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hotreload/base/durable_file.h"
#include "hotreload/base/large_file.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t read_bytes = 64u << 10;
constexpr mode_t read_only = 0444;

fs::path without_trailing_slash(const fs::path& path) {
    auto normal = path.lexically_normal();
    return normal.has_filename() ? normal : normal.parent_path();
}

// Empty when `path` does not lie below `root`.
fs::path below(const fs::path& root, const fs::path& path) {
    auto relative = path.lexically_normal().lexically_relative(root);
    if (relative.empty() || relative == "." || *relative.begin() == "..") return {};
    return relative;
}

NotKept broken(std::string reason) { return {.reason = std::move(reason)}; }
NotKept overtaken(std::string reason) { return {.reason = std::move(reason), .overtaken = true}; }

// What a large file is known by; nullopt for others.
std::optional<Digest> mark_on_disk(int fd) {
    struct stat status{};
    if (::fstat(fd, &status) != 0 || !is_large(status)) return std::nullopt;
    return digest_of_mark(mark_of(status));
}

// Reads `from` once, into `to` and into the hash.
Result<void, NotKept> copy_checked(const fs::path& from, const Digest& expected,
                                   UnfinishedFile& to) {
    // Without O_NONBLOCK a named pipe of that name would stop the program.
    const UniqueFd fd(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) {
        const bool gone = errno == ENOENT || errno == ENOTDIR;
        auto reason = errno_reason("read", from);
        return gone ? overtaken(std::move(reason)) : broken(std::move(reason));
    }
    const auto marked = mark_on_disk(fd.get());
    const auto changed = overtaken(from.native() + " changed since it was loaded");
    if (marked && marked != expected) return changed;
    Sha256 hash;
    std::vector<char> buffer(read_bytes);
    for (std::uintmax_t copied = 0; copied <= snapshot_bytes_max;) {
        const auto count = ::read(fd.get(), buffer.data(), buffer.size());
        if (count == 0) break;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return broken(errno_reason("read", from));
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        hash.bytes(bytes);
        copied += bytes.size();
        if (!to.write(bytes)) return broken(errno_reason("keep a copy of", from));
    }
    if (marked ? mark_on_disk(fd.get()) != expected : hash.finish() != expected) return changed;
    return {};
}

Result<void, std::string> link_or_copy(const fs::path& blob, const fs::path& name) {
    if (::link(blob.c_str(), name.c_str()) == 0) return {};
    const bool impossible =
        errno == EXDEV || errno == EMLINK || errno == EPERM || errno == EOPNOTSUPP;
    if (!impossible) return errno_reason("make", name);
    std::error_code error;
    fs::copy_file(blob, name, error);
    if (error) return "cannot make " + name.native() + ": " + error.message();
    return {};
}

Result<void, std::string> sync_folders_in(const fs::path& folder) {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (!entry->is_directory(error)) continue;
        if (auto synced = sync_folder(entry->path()); !synced) return synced;
    }
    if (error) return "cannot read " + folder.native() + ": " + error.message();
    return sync_folder(folder);
}

}  // namespace

// One file of a snapshot.
struct Snapshots::Placed {
    fs::path name;  // <number of the root>/<path below it>
    fs::path from;
    Digest digest;
};

struct Snapshots::Plan {
    std::string name;
    std::size_t roots = 0;
    std::vector<Placed> files;
    fs::path entry, folder;  // as Placed::name

    [[nodiscard]] Snapshot at(const fs::path& place) const {
        Snapshot snapshot;
        snapshot.entry = place / entry;
        if (!folder.empty()) snapshot.folder = place / folder;
        for (std::size_t i = 0; i < roots; ++i) snapshot.roots.push_back(place / std::to_string(i));
        return snapshot;
    }
};

Snapshots::Snapshots(const fs::path& dir) : blobs_(dir / "blobs"), snapshots_(dir / "snapshots") {}

Result<void, std::string> Snapshots::prepare() {
    for (const auto* folder : {&blobs_, &snapshots_}) {
        if (auto made = make_folders(*folder); !made) return made;
        remove_unfinished(*folder);
    }
    return {};
}

Result<Snapshots::Plan, std::string> Snapshots::plan(const SnapshotRequest& request) const {
    std::vector<fs::path> roots;
    for (const auto& root : request.roots) roots.push_back(without_trailing_slash(root));
    // A file that lies below several roots is found by each of them.
    const auto place_all = [&](const fs::path& path, const auto& use) {
        for (std::size_t i = 0; i < roots.size(); ++i)
            if (const auto relative = below(roots[i], path); !relative.empty())
                use(fs::path(std::to_string(i)) / relative, roots[i]);
    };
    Plan plan;
    plan.roots = roots.size();
    for (const auto& file : request.files)
        place_all(file.path, [&](fs::path name, const fs::path&) {
            if (file.digest) plan.files.push_back({std::move(name), file.path, *file.digest});
        });
    const auto by_name = [](const Placed& a, const Placed& b) { return a.name < b.name; };
    std::sort(plan.files.begin(), plan.files.end(), by_name);
    const auto own_root = without_trailing_slash(request.source.root);
    const auto place_own = [&](const fs::path& path, fs::path& result) {
        place_all(path, [&](fs::path name, const fs::path& root) {
            if (result.empty() || root == own_root) result = std::move(name);
        });
    };
    place_own(request.source.entry, plan.entry);
    place_own(request.source.folder, plan.folder);
    const auto is_entry = [&](const Placed& file) { return file.name == plan.entry; };
    if (std::none_of(plan.files.begin(), plan.files.end(), is_entry))
        return Result<Plan, std::string>(
            in_place_error,
            request.source.entry.native() + " is not among the files that were loaded");

    Sha256 hash;
    hash.field("snapshot 1").field(std::to_string(plan.roots));
    for (const auto& file : plan.files) hash.field(file.name.native()).field(file.digest.hex());
    plan.name = hash.finish().hex();
    return plan;
}

Result<Snapshot, NotKept> Snapshots::keep(const SnapshotRequest& request) {
    const auto planned = plan(request);
    if (!planned) return broken(planned.error());
    const auto place = snapshots_ / planned->name;
    std::error_code error;
    if (!fs::exists(place, error)) {
        if (auto kept = keep_contents(planned->files, request.contents); !kept) return kept.error();
        if (auto made = make_folder(*planned); !made) return broken(made.error());
    }
    return planned->at(place);
}

Result<void, NotKept> Snapshots::keep_contents(const std::vector<Placed>& files,
                                               const Contents& known) {
    std::vector<std::pair<UnfinishedFile, fs::path>> fresh;
    std::set<Digest> seen;
    std::uintmax_t bytes = 0;
    for (const auto& file : files) {
        const auto blob = blobs_ / file.digest.hex();
        std::error_code error;
        if (!seen.insert(file.digest).second || fs::exists(blob, error)) continue;
        const auto remembered = known.find(file.digest);
        const bool in_memory = remembered != known.end();
        const auto size = in_memory ? remembered->second->size() : fs::file_size(file.from, error);
        bytes += error ? 0 : size;
        if (bytes > snapshot_bytes_max)
            return broken("its files are too large to be kept: more than " +
                          std::to_string(snapshot_bytes_max >> 20) + " MiB with " +
                          file.from.native());
        UnfinishedFile copy(blobs_);
        if (!copy.valid()) return broken(errno_reason("make a file in", blobs_));
        if (in_memory && !copy.write(*remembered->second))
            return broken(errno_reason("keep a copy of", file.from));
        auto copied =
            in_memory ? Result<void, NotKept>() : copy_checked(file.from, file.digest, copy);
        if (!copied) return copied;
        if (::fchmod(copy.fd(), read_only) != 0)
            return broken(errno_reason("keep a copy of", file.from));
        fresh.emplace_back(std::move(copy), blob);
    }
    for (auto& [copy, blob] : fresh)
        if (!copy.sync() || !copy.commit(blob)) return broken(errno_reason("write", blob));
    if (fresh.empty()) return {};
    if (auto synced = sync_folder(blobs_); !synced) return broken(synced.error());
    return {};
}

Result<void, std::string> Snapshots::make_folder(const Plan& plan) {
    auto unfinished = (snapshots_ / unfinished_prefix).native() + "XXXXXX";
    if (::mkdtemp(unfinished.data()) == nullptr)
        return errno_reason("make a folder in", snapshots_);
    auto filled = fill(unfinished, plan);
    if (filled && ::rename(unfinished.c_str(), (snapshots_ / plan.name).c_str()) != 0)
        filled = errno_reason("make", snapshots_ / plan.name);
    if (filled) return sync_folder(snapshots_);
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    return filled;
}

Result<void, std::string> Snapshots::fill(const fs::path& folder, const Plan& plan) {
    for (std::size_t i = 0; i < plan.roots; ++i)
        if (auto made = make_folders(folder / std::to_string(i)); !made) return made;
    for (const auto& file : plan.files) {
        const auto name = folder / file.name;
        if (auto made = make_folders(name.parent_path()); !made) return made;
        if (auto linked = link_or_copy(blobs_ / file.digest.hex(), name); !linked) return linked;
    }
    return sync_folders_in(folder);
}

// By text: both are absolute and normal, and this is asked for every record.
std::string Snapshots::name_of(const fs::path& path) const {
    const std::string_view whole = path.native(), folder = snapshots_.native();
    if (!whole.starts_with(folder) || whole.size() <= folder.size() + 1) return {};
    if (whole[folder.size()] != '/') return {};
    const auto name = whole.substr(folder.size() + 1);
    return std::string(name.substr(0, name.find('/')));
}

void Snapshots::remove(const std::set<std::string>& names) {
    for (const auto& name : names) {
        // Renamed first: a folder that is half removed must not stand under its whole name.
        const auto going = snapshots_ / (std::string(unfinished_prefix) + name);
        std::error_code error;
        fs::rename(snapshots_ / name, going, error);
        if (!error) fs::remove_all(going, error);
    }
    sweep_due_ = sweep_due_ || !names.empty();
}

void Snapshots::remove_all_but(const std::set<std::string>& names) {
    std::error_code error;
    std::set<std::string> others;
    for (fs::directory_iterator entry(snapshots_, error), end; !error && entry != end;
         entry.increment(error))
        if (!names.contains(entry->path().filename())) others.insert(entry->path().filename());
    remove(others);
    sweep_due_ = true;
    sweep();
}

void Snapshots::sweep() {
    if (!std::exchange(sweep_due_, false)) return;
    std::error_code error;
    std::vector<fs::path> unused;
    for (fs::directory_iterator entry(blobs_, error), end; !error && entry != end;
         entry.increment(error)) {
        // Where links are impossible the snapshots hold copies, and need no blob either.
        std::error_code ignored;
        if (entry->hard_link_count(ignored) == 1 && !ignored) unused.push_back(entry->path());
    }
    for (const auto& blob : unused) fs::remove(blob, error);
}

}  // namespace hotreload
