#pragma once
// Packets with descriptors over a SOCK_SEQPACKET socket: how the host and the nursery talk. Nothing
// here blocks.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

inline constexpr std::size_t control_packet_bytes_max = 64u << 10;
inline constexpr std::size_t control_descriptors_max = 8;

struct ControlPacket {
    std::string text;
    std::vector<UniqueFd> descriptors;  // CLOEXEC
};

struct SocketPair {
    UniqueFd ours;
    UniqueFd theirs;
};

// Connected Unix sockets, both CLOEXEC; `type` is SOCK_STREAM or SOCK_SEQPACKET.
Result<SocketPair, std::error_code> socket_pair(int type);
// A pipe, both ends CLOEXEC; `ours` is the reading end.
Result<SocketPair, std::error_code> pipe_pair();

// errc::operation_would_block when the socket is full: wait until it is writable and send again.
std::error_code send_packet(int socket, std::string_view text, std::span<const int> descriptors);
// errc::operation_would_block when nothing is there, errc::connection_reset at the end,
// errc::message_size for a packet over control_packet_bytes_max.
Result<ControlPacket, std::error_code> receive_packet(int socket);

}  // namespace hotreload
