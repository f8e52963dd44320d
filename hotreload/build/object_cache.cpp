#include "hotreload/build/object_cache.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "hotreload/base/unique_fd.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours objects_keep{24 * 30};
constexpr std::chrono::hours leftovers_keep{24};
constexpr std::size_t artifacts_keep = 3;  // of each plugin, however old: what a rollback may want
constexpr std::size_t artifact_digits = 24;
constexpr std::uint64_t kept_bytes_max = 2ULL << 30;
constexpr std::string_view manifest_head = "hotreload dependencies 1";

struct Aged {
    fs::path path;
    fs::file_time_type time;
};

std::vector<Aged> files_in(const fs::path& folder) {
    std::vector<Aged> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
         it.increment(error)) {
        std::error_code ignored;
        const auto time = it->last_write_time(ignored);
        if (!ignored) files.push_back({it->path(), time});
    }
    return files;
}

void remove_older(const std::vector<Aged>& files, std::chrono::hours keep) {
    const auto oldest = fs::file_time_type::clock::now() - keep;
    std::error_code ignored;
    for (const auto& file : files)
        if (file.time < oldest) fs::remove_all(file.path, ignored);
}

std::string plugin_of_artifact(const fs::path& artifact) {
    const auto name = artifact.filename().native();
    return name.substr(0, std::min(name.rfind('-'), name.size()));
}

}  // namespace

TemporaryFile::TemporaryFile(const fs::path& beside) {
    // Several builds share a cache, and several processes may.
    auto name = beside.native() + ".XXXXXX";
    const UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
    if (fd.valid()) path_ = name;
}
TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}
TemporaryFile::~TemporaryFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

bool TemporaryFile::commit(const fs::path& name) {
    if (::rename(path_.c_str(), name.c_str()) != 0) return false;
    path_.clear();
    return true;
}

std::string ObjectCache::create_folders() const {
    for (const auto* name : {"objects", "artifacts", "pch", "tmp"}) {
        std::error_code error;
        fs::create_directories(dir_ / name, error);
        if (error)
            return "cannot make the folder " + (dir_ / name).native() + ": " + error.message();
    }
    return {};
}

std::optional<std::vector<fs::path>> ObjectCache::dependencies(const Digest& source_key) const {
    std::ifstream in(dir_ / "objects" / (source_key.hex() + ".deps"));
    std::string line;
    if (!std::getline(in, line) || line != manifest_head) return std::nullopt;
    std::vector<fs::path> files;
    while (std::getline(in, line)) files.emplace_back(line);
    return files;
}

bool ObjectCache::store_dependencies(const Digest& source_key,
                                     const std::vector<fs::path>& files) const {
    const auto name = dir_ / "objects" / (source_key.hex() + ".deps");
    TemporaryFile file(name);
    std::ofstream out(file.path(), std::ios::binary);
    out << manifest_head << '\n';
    for (const auto& path : files) out << path.native() << '\n';
    out.close();
    return out.good() && file.commit(name);
}

Digest ObjectCache::object_key(const Digest& source_key,
                               const std::vector<FileState>& dependencies) {
    Sha256 hash;
    hash.field("object").field(source_key.hex());
    for (const auto& file : dependencies)
        hash.field(file.path.native())
            .field(file.digest ? file.digest->hex() : std::string("missing"));
    return hash.finish();
}

fs::path ObjectCache::object_path(const Digest& object_key) const {
    return dir_ / "objects" / (object_key.hex() + ".o");
}
fs::path ObjectCache::artifact_path(const std::string& plugin, const Digest& key) const {
    return dir_ / "artifacts" / (plugin + "-" + key.hex().substr(0, artifact_digits) + ".so");
}
fs::path ObjectCache::precompiled_dir(const Digest& key) const { return dir_ / "pch" / key.hex(); }

void ObjectCache::prune(const std::set<fs::path>& kept) const {
    // By name: the folder may have been written otherwise when they were made, and names are made
    // of content.
    std::set<fs::path> kept_names;
    for (const auto& artifact : kept) kept_names.insert(artifact.filename());
    remove_older(files_in(dir_ / "objects"), objects_keep);
    remove_older(files_in(temporary_dir()), leftovers_keep);
    std::map<std::string, std::vector<Aged>> artifacts;
    for (auto& file : files_in(dir_ / "artifacts"))
        if (!kept_names.contains(file.path.filename()))
            artifacts[plugin_of_artifact(file.path)].push_back(std::move(file));
    for (auto& [plugin, files] : artifacts) {
        std::sort(files.begin(), files.end(),
                  [](const Aged& a, const Aged& b) { return a.time > b.time; });
        files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(
                                                       std::min(files.size(), artifacts_keep)));
        remove_older(files, objects_keep);
    }
}

bool plain_file(const fs::path& file, std::uint64_t bytes_max) {
    struct stat status{};
    return ::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
           static_cast<std::uint64_t>(status.st_size) <= bytes_max;
}

bool keep(const fs::path& made, const fs::path& name) {
    errno = EINVAL;
    return plain_file(made, kept_bytes_max) && ::rename(made.c_str(), name.c_str()) == 0;
}

bool usable_elf(const fs::path& file) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    Elf64_Ehdr header{};
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return false;
    if (::pread(fd.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header))
        return false;
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
    // Compilers and linkers write the section table last.
    const auto end = header.e_shoff + std::uint64_t{header.e_shnum} * header.e_shentsize;
    if (header.e_shoff == 0 || end > static_cast<std::uint64_t>(status.st_size)) return false;
    ::futimens(fd.get(), nullptr);
    return true;
}

}  // namespace hotreload
