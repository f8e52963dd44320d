#pragma once
// For tests: somebody who listens on loopback, at a port that the kernel chose, for as long as it
// lives.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

#include "hotreload/base/unique_fd.h"

namespace hotreload {

class LoopbackListener {
public:
    LoopbackListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_.get(), generic, bytes) != 0 || ::listen(socket_.get(), 16) != 0 ||
            ::getsockname(socket_.get(), generic, &bytes) != 0)
            throw std::runtime_error("cannot listen on loopback");
        address_ = address;
    }

    [[nodiscard]] int port() const { return ntohs(address_.sin_port); }
    // Connects to it; 0 or errno.
    [[nodiscard]] int connect() const {
        const UniqueFd own(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (!own.valid()) return errno;
        const auto* generic = reinterpret_cast<const sockaddr*>(&address_);
        return ::connect(own.get(), generic, sizeof address_) == 0 ? 0 : errno;
    }

private:
    UniqueFd socket_;
    sockaddr_in address_{};
};

}  // namespace hotreload
