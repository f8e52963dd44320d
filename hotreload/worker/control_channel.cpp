#include "hotreload/worker/control_channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace hotreload {

namespace {

constexpr std::size_t ancillary_bytes = CMSG_SPACE(sizeof(int) * control_descriptors_max);

std::error_code last_error() { return {errno, std::generic_category()}; }

struct Ancillary {
    alignas(cmsghdr) std::array<char, ancillary_bytes> bytes{};
};

void put_descriptors(msghdr& message, Ancillary& ancillary, std::span<const int> descriptors) {
    message.msg_control = ancillary.bytes.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
}

std::vector<UniqueFd> take_descriptors(msghdr& message) {
    std::vector<UniqueFd> taken;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            taken.emplace_back(descriptor);
        }
    }
    return taken;
}

}  // namespace

Result<SocketPair, std::error_code> socket_pair(int type) {
    int ends[2];
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) return last_error();
    return SocketPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<SocketPair, std::error_code> pipe_pair() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return last_error();
    return SocketPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::error_code send_packet(int socket, std::string_view text, std::span<const int> descriptors) {
    if (text.size() > control_packet_bytes_max || descriptors.size() > control_descriptors_max) {
        return std::make_error_code(std::errc::message_size);
    }
    std::string bytes(text);
    iovec part{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    Ancillary ancillary;
    if (!descriptors.empty()) put_descriptors(message, ancillary, descriptors);
    if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
    return last_error();
}

Result<ControlPacket, std::error_code> receive_packet(int socket) {
    std::array<char, control_packet_bytes_max> bytes;
    iovec part{bytes.data(), bytes.size()};
    Ancillary ancillary;
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.bytes.data();
    message.msg_controllen = ancillary.bytes.size();
    const ssize_t count = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0) return last_error();
    ControlPacket packet;
    packet.descriptors = take_descriptors(message);
    if (count == 0) return std::make_error_code(std::errc::connection_reset);
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        return std::make_error_code(std::errc::message_size);
    packet.text.assign(bytes.data(), static_cast<std::size_t>(count));
    return packet;
}

}  // namespace hotreload
