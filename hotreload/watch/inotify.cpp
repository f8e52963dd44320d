#include "hotreload/watch/inotify.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace hotreload {
namespace {

constexpr std::size_t read_bytes = 256u << 10;
constexpr int reads_max = 16;  // per batch, so that an endless flood cannot hold the loop

}  // namespace

Inotify::Inotify(AddWatch add_watch)
    : add_watch_(add_watch ? std::move(add_watch) : AddWatch(::inotify_add_watch)),
      fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      buffer_(read_bytes) {}

int Inotify::add(const std::string& folder, std::uint32_t mask) {
    return add_watch_(fd_.get(), folder.c_str(), mask | IN_ONLYDIR | IN_EXCL_UNLINK | IN_MASK_ADD);
}

// It may have gone with its folder already.
void Inotify::remove(int watch) { ::inotify_rm_watch(fd_.get(), watch); }

std::vector<InotifyEvent> Inotify::read() {
    std::vector<InotifyEvent> events;
    for (int reads = 0; reads < reads_max; ++reads) {
        const auto count = ::read(fd_.get(), buffer_.data(), buffer_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
            inotify_event event{};
            std::memcpy(&event, buffer_.data() + at, sizeof event);
            // The name is padded with zeros.
            const char* name = buffer_.data() + at + sizeof event;
            events.push_back({event.wd, event.mask, std::string(name, ::strnlen(name, event.len))});
            at += sizeof event + event.len;
        }
    }
    return events;
}

std::string inotify_error_text(int error) {
    const auto reason = std::error_code(error, std::generic_category()).message();
    if (error == ENOSPC)
        return "the limit fs.inotify.max_user_watches is reached; raise it (sysctl "
               "fs.inotify.max_user_watches=524288) or set watch_mode: poll";
    if (error == EMFILE)
        return "a limit is reached (" + reason +
               "): fs.inotify.max_user_instances or the open files of this process; "
               "raise it or set watch_mode: poll";
    return reason;
}

}  // namespace hotreload
