#include "workers/native/line_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "hotreload/model/limits.h"

namespace hotreload::native {

std::optional<std::string_view> LineSocket::read_line() {
    for (;;) {
        if (const auto line = buffer_.next()) return line;
        if (buffer_.full()) {
            give_up("message over " + std::to_string(limits::message_bytes_max) + " bytes");
            return std::nullopt;
        }
        if (!fill()) return std::nullopt;
    }
}

bool LineSocket::fill() {
    const auto room = buffer_.room();
    ssize_t got = 0;
    do {
        got = ::recv(socket_.get(), room.data(), room.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) problem_ = "reading from the host: " + std::generic_category().message(errno);
    if (got > 0) buffer_.filled(static_cast<std::size_t>(got));
    return got > 0;
}

bool LineSocket::write(std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void LineSocket::give_up(std::string problem) {
    problem_ = std::move(problem);
    socket_.reset();
}

}  // namespace hotreload::native
