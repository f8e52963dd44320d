#include "workers/native/open_record.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "workers/native/file_hash.h"

namespace hotreload::native {

namespace {

// While a file is looked at, opening it is nobody's.
thread_local bool looking = false;

std::string folder_text(std::string_view folder) {
    std::string text(folder);
    if (!text.empty() && !text.ends_with('/')) text += '/';
    return text;
}

std::string_view text_in(const json::value& value) {
    const auto* text = value.if_string();
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

}  // namespace

bool OpenRecord::Identity::same(const struct stat& facts) const {
    return device == facts.st_dev && inode == facts.st_ino &&
           changed.tv_sec == facts.st_ctim.tv_sec && changed.tv_nsec == facts.st_ctim.tv_nsec;
}

OpenRecord& OpenRecord::of_process() {
    // Never destroyed: a thread of the plugin may still run while the process ends.
    static auto& record = *new OpenRecord;
    return record;
}

void OpenRecord::start(const json::value& load_params) {
    const std::lock_guard lock(mutex_);
    const auto& params = load_params.get_object();
    if (const auto* roots = params.if_contains("roots"); roots != nullptr && roots->is_array())
        for (const auto& root : roots->get_array())
            if (const auto text = text_in(root); text.starts_with('/'))
                roots_.push_back(folder_text(text));
    if (const auto* folder = params.if_contains("data_dir"))
        data_dir_ = folder_text(text_in(*folder));
}

bool OpenRecord::is_ours(std::string_view path) const {
    const auto holds = [&](const std::string& root) { return path.starts_with(root); };
    if (!std::ranges::any_of(roots_, holds)) return false;
    return data_dir_.empty() || !path.starts_with(data_dir_);
}

void OpenRecord::opening(const char* path) noexcept {
    if (looking || path == nullptr || *path == '\0') return;
    const int before = errno;
    looking = true;
    try {
        std::filesystem::path whole(path);
        if (whole.is_relative()) whole = std::filesystem::current_path() / whole;
        whole = whole.lexically_normal();
        const std::lock_guard lock(mutex_);
        if (is_ours(whole.native())) look_at(whole.native());
    } catch (...) {  // the plugin's open must not fail for what is only noted
    }
    looking = false;
    errno = before;
}

// Hashed before the plugin reads it: were it to change in between, the host sees a difference and
// reloads.
void OpenRecord::look_at(const std::string& path) {
    struct stat facts{};
    const auto known = known_.find(path);
    if (::stat(path.c_str(), &facts) != 0) {
        if ((errno == ENOENT || errno == ENOTDIR) && known == known_.end()) keep(path, {}, nullptr);
        return;
    }
    if (!S_ISREG(facts.st_mode) || (known != known_.end() && known->second.same(facts))) return;
    const Identity identity{facts.st_dev, facts.st_ino, facts.st_ctim};
    if (auto hash = file_hash(path)) return keep(path, identity, json::value(*hash));
    if (errno == EACCES || errno == EPERM) keep(path, {}, nullptr);
}

void OpenRecord::keep(const std::string& path, Identity identity, json::value digest) {
    if (known_.size() >= files_max && !known_.contains(path)) return;
    known_[path] = identity;
    const auto* key = text_in(digest).find(' ') == std::string_view::npos ? "sha256" : "mark";
    fresh_.push_back(json::object{{"path", path}, {key, std::move(digest)}});
}

json::array OpenRecord::taken() {
    const std::lock_guard lock(mutex_);
    return std::exchange(fresh_, {});
}

}  // namespace hotreload::native

// What follows stands in place of the C library's own functions: the program's symbols go before a
// library's. The mode is the caller's or nothing; the kernel looks at it where a file is made.

namespace {

constexpr int any_folder = AT_FDCWD;

int open_at(int folder, const char* path, int flags, mode_t mode) {
    const bool reads = (flags & O_ACCMODE) == O_RDONLY && (flags & (O_DIRECTORY | O_PATH)) == 0;
    // A name in an open folder is one that the plugin has found there.
    if (reads && (folder == any_folder || (path != nullptr && *path == '/')))
        hotreload::native::OpenRecord::of_process().opening(path);
    return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

FILE* open_stream(const char* function, const char* path, const char* how) {
    const std::string_view mode(how != nullptr ? how : "");
    if (mode.starts_with('r') && mode.find('+') == std::string_view::npos)
        hotreload::native::OpenRecord::of_process().opening(path);
    const auto next = ::dlsym(RTLD_NEXT, function);
    return reinterpret_cast<FILE* (*)(const char*, const char*)>(next)(path, how);
}

}  // namespace

extern "C" {

int open_in_place(const char* path, int flags, mode_t mode) __asm__("open");
int open_in_place(const char* path, int flags, mode_t mode) {
    return open_at(any_folder, path, flags, mode);
}

int open64_in_place(const char* path, int flags, mode_t mode) __asm__("open64");
int open64_in_place(const char* path, int flags, mode_t mode) {
    return open_at(any_folder, path, flags | O_LARGEFILE, mode);
}

int openat_in_place(int folder, const char* path, int flags, mode_t mode) __asm__("openat");
int openat_in_place(int folder, const char* path, int flags, mode_t mode) {
    return open_at(folder, path, flags, mode);
}

int openat64_in_place(int folder, const char* path, int flags, mode_t mode) __asm__("openat64");
int openat64_in_place(int folder, const char* path, int flags, mode_t mode) {
    return open_at(folder, path, flags | O_LARGEFILE, mode);
}

FILE* fopen_in_place(const char* path, const char* how) __asm__("fopen");
FILE* fopen_in_place(const char* path, const char* how) { return open_stream("fopen", path, how); }

FILE* fopen64_in_place(const char* path, const char* how) __asm__("fopen64");
FILE* fopen64_in_place(const char* path, const char* how) {
    return open_stream("fopen64", path, how);
}
}
