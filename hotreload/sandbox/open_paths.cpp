#include "hotreload/sandbox/open_paths.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>
#include <utility>

#include "hotreload/base/reason.h"

namespace hotreload {
namespace {

constexpr Millis common_open_time{1'000};

}  // namespace

Result<OpenPaths, std::string> OpenPaths::open(const std::vector<std::filesystem::path>& paths) {
    OpenPaths opened;
    std::set<std::pair<dev_t, ino_t>> known;
    for (const auto& path : paths) {
        UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
        struct stat facts{};
        if (!fd.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
            return "cannot open " + path.native() + " for a sandbox: " + error_text(errno);
        if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) continue;
        if (!known.emplace(facts.st_dev, facts.st_ino).second) continue;
        opened.entries_.push_back({std::move(fd), S_ISDIR(facts.st_mode)});
    }
    return opened;
}

void CommonPaths::add(std::filesystem::path path) {
    paths_.push_back(std::move(path));
    open_.reset();
}

Result<std::shared_ptr<const OpenPaths>, std::string> CommonPaths::open() {
    if (open_ && monotonic_now() < opened_at_ + common_open_time) return open_;
    auto opened = OpenPaths::open(paths_);
    if (!opened) return opened.error();
    open_ = std::make_shared<const OpenPaths>(*std::move(opened));
    opened_at_ = monotonic_now();
    return open_;
}

}  // namespace hotreload
