// Lines that a worker might write: cut out of the stream, read, printed and read again; and the
// same bytes to a peer that serves, until it closes.

#include <sys/socket.h>

#include <algorithm>
#include <variant>

#include <boost/asio/io_context.hpp>

#include "hotreload/rpc/line_buffer.h"
#include "hotreload/rpc/message.h"
#include "hotreload/rpc/peer.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace asio = hotreload::asio;
using hotreload::json::object;
using hotreload::json::value;
using Outcome = hotreload::Result<value, hotreload::RpcError>;

void check_line(std::string_view line) {
    const auto message = hotreload::parse_message(line);
    if (!message) {
        fuzz::hold(!message.error().empty(), "a refused line says why");
        return;
    }
    if (!hotreload::unprintable_reason(*message).empty()) return;
    auto printed = hotreload::print(*message);
    fuzz::hold(printed.ends_with('\n') && printed.find('\n') == printed.size() - 1,
               "a printed message is one line");
    printed.pop_back();
    const auto again = hotreload::parse_message(printed);
    fuzz::hold(again && again->index() == message->index(),
               "what is printed is read as the same shape");
    // The last digits of fractions may differ: Boost.JSON 1.81 does not read them exactly.
    if (const auto* request = std::get_if<hotreload::RpcRequest>(&*message)) {
        const auto& same = std::get<hotreload::RpcRequest>(*again);
        fuzz::hold(same.id == request->id && same.method == request->method,
                   "a request stays the same");
    }
}

// In pieces of sizes that the input chooses, as a socket would bring them.
void cut_into_lines(std::string_view bytes) {
    hotreload::LineBuffer buffer;
    std::size_t piece = bytes.empty() ? 1 : static_cast<unsigned char>(bytes.front()) + 1U;
    std::size_t length = 0;
    std::size_t taken = 0;
    while (taken < bytes.size()) {
        const auto room = buffer.room();
        const auto count = std::min({piece, room.size(), bytes.size() - taken});
        fuzz::hold(count > 0, "there is room");
        std::copy_n(bytes.data() + taken, count, room.data());
        buffer.filled(count);
        taken += count;
        while (const auto line = buffer.next()) {
            length += line->size() + 1;
            check_line(*line);
        }
    }
    fuzz::hold(length <= bytes.size(), "no byte is read twice");
}

hotreload::Task<Outcome> answer(std::string method, object params) {
    if (method == "load") co_return Outcome(value(std::move(params)));
    co_return Outcome(hotreload::in_place_error,
                      hotreload::RpcError{hotreload::rpc_code::unknown_method, method, params});
}

void speak_to_peer(std::string_view bytes) {
    int ends[2];
    fuzz::hold(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
               "there are sockets");
    hotreload::UniqueFd ours(ends[0]);
    asio::io_context loop;
    std::size_t heard = 0;
    {
        hotreload::Peer peer(loop.get_executor(), hotreload::UniqueFd(ends[1]), answer,
                             [&heard](const std::string&, const object&) { ++heard; });
        const auto sent = ::send(ours.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        fuzz::hold(sent >= 0 || bytes.empty(), "a socket takes bytes");
        ::shutdown(ours.get(), SHUT_WR);
        loop.poll();
    }
    loop.restart();
    loop.poll();
    fuzz::hold(heard <= bytes.size(), "a notification has bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    cut_into_lines(bytes);
    speak_to_peer(bytes);
    return 0;
}
