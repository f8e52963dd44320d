#include "tgstats/app/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace tgstats {
namespace {

using hotreload::Millis;

constexpr std::int64_t micros_per_milli = 1'000;

std::string taken_from_environment(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value != nullptr ? value : "";
    ::unsetenv(name);
    return text;
}

std::int64_t number_in(const std::string& text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

struct Address {
    sockaddr_un name{};
    socklen_t size = 0;  // 0: the text is no address
};

Address address_of(const std::string& socket) {
    Address address;
    address.name.sun_family = AF_UNIX;
    const bool abstract = socket.starts_with('@');
    if (socket.empty() || (!abstract && !socket.starts_with('/'))) return address;
    if (socket.size() >= sizeof address.name.sun_path) return address;
    std::memcpy(address.name.sun_path, socket.data(), socket.size());
    if (abstract) address.name.sun_path[0] = '\0';
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size() +
                                          (abstract ? 0 : 1));
    return address;
}

}  // namespace

ServiceNotice ServiceNotice::from_environment() {
    auto socket = taken_from_environment("NOTIFY_SOCKET");
    const auto micros = taken_from_environment("WATCHDOG_USEC");
    const auto owner = taken_from_environment("WATCHDOG_PID");
    return from(std::move(socket), micros, owner);
}

ServiceNotice ServiceNotice::from(std::string socket, const std::string& watchdog_usec,
                                  const std::string& watchdog_pid) {
    const bool ours = watchdog_pid.empty() || number_in(watchdog_pid) == ::getpid();
    return {std::move(socket), Millis(ours ? number_in(watchdog_usec) / micros_per_milli : 0)};
}

ServiceNotice::ServiceNotice(std::string socket, Millis watchdog)
    : socket_(std::move(socket)), watchdog_(watchdog) {
    if (address_of(socket_).size > 0)
        fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// A manager that does not listen is no reason to stop serving.
void ServiceNotice::send(std::string_view assignment) const {
    if (!wanted()) return;
    const auto address = address_of(socket_);
    static_cast<void>(::sendto(fd_.get(), assignment.data(), assignment.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address.name), address.size));
}

}  // namespace tgstats
