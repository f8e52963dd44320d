#include "hotreload/build/file_state.h"

#include <sys/stat.h>

#include <algorithm>

#include "hotreload/base/unix_time.h"

namespace hotreload {
namespace {

// File times come from a clock that ticks every few milliseconds.
constexpr std::int64_t file_clock_tick_ns = 20'000'000;

}  // namespace

FileState file_state(const std::filesystem::path& file) {
    FileState state;
    state.path = file;
    struct stat status{};
    // Opening a fifo would wait for a writer.
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return state;
    state.dev = status.st_dev;
    state.ino = status.st_ino;
    state.size = status.st_size;
    state.mtime_ns = nanoseconds(status.st_mtim);
    state.ctime_ns = nanoseconds(status.st_ctim);
    state.digest = sha256_file(file);
    return state;
}

std::vector<FileState> file_states(std::vector<std::filesystem::path> files) {
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    std::vector<FileState> states;
    states.reserve(files.size());
    for (const auto& file : files) states.push_back(file_state(file));
    return states;
}

bool unchanged(const FileState& now, const std::vector<FileState>& before,
               std::int64_t started_ns) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const FileState& state) { return state.path == now.path; });
    if (known != before.end()) return *known == now;
    return now.digest && now.ctime_ns < started_ns - file_clock_tick_ns;
}

}  // namespace hotreload
