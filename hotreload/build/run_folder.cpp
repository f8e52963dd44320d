#include "hotreload/build/run_folder.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "hotreload/base/unique_fd.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "run-";

std::string contents(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// When a process began, in clock ticks since the machine did; empty for one that is not there. The
// program's name before it may hold anything but ends with the last parenthesis (proc(5)).
std::string began(const std::string& pid) {
    const auto stat = contents(fs::path("/proc") / pid / "stat");
    auto at = stat.rfind(')');
    if (at == std::string::npos) return {};
    constexpr int fields_before = 20;  // from the name to the start time
    for (int field = 0; field < fields_before && at != std::string::npos; ++field)
        at = stat.find(' ', at + 1);
    if (at == std::string::npos) return {};
    return stat.substr(at + 1, stat.find(' ', at + 1) - at - 1);
}

// "run-PID-BEGAN-NUMBER" of a host that lives no more.
bool orphaned(const std::string& name) {
    if (!name.starts_with(prefix)) return false;
    const auto first = name.find('-', prefix.size());
    const auto second = first == std::string::npos ? first : name.find('-', first + 1);
    if (second == std::string::npos) return false;
    const auto pid = name.substr(prefix.size(), first - prefix.size());
    return began(pid) != name.substr(first + 1, second - first - 1);
}

// The name of the run folder below `tmp` that a process was given as TMPDIR; empty for another one.
std::string run_folder_of(const fs::path& process, const fs::path& tmp) {
    const auto environment = '\0' + contents(process / "environ");
    const auto wanted = '\0' + ("TMPDIR=" + tmp.native()) + '/';
    const auto at = environment.find(wanted);
    if (at == std::string::npos) return {};
    const auto begin = at + wanted.size();
    return environment.substr(begin, environment.find('\0', begin) - begin);
}

std::optional<pid_t> number(const std::string& text) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return pid;
}

// Held by its descriptor while it is looked at: its number cannot become another's meanwhile.
bool end_if_orphan(const fs::path& process, const fs::path& tmp) {
    const auto pid = number(process.filename());
    if (!pid) return false;
    const UniqueFd held(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!held.valid() || !orphaned(run_folder_of(process, tmp))) return false;
    return ::syscall(SYS_pidfd_send_signal, held.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace

RunFolder::RunFolder(const fs::path& tmp) {
    const auto pid = std::to_string(::getpid());
    auto name = (tmp / fmt::format("{}{}-{}-XXXXXX", prefix, pid, began(pid))).native();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
}

RunFolder::RunFolder(RunFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}

RunFolder::~RunFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::size_t end_orphans(const fs::path& tmp) {
    std::size_t ended = 0;
    std::error_code error;
    for (fs::directory_iterator at("/proc", error); !error && at != fs::directory_iterator();
         at.increment(error))
        ended += end_if_orphan(at->path(), tmp) ? 1 : 0;
    std::vector<fs::path> folders;
    for (fs::directory_iterator at(tmp, error); !error && at != fs::directory_iterator();
         at.increment(error))
        if (orphaned(at->path().filename())) folders.push_back(at->path());
    std::error_code ignored;
    for (const auto& folder : folders) fs::remove_all(folder, ignored);
    return ended;
}

}  // namespace hotreload
