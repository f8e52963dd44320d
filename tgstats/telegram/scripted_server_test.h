#pragma once
// For tests: an HTTP server of the smallest kind, which says byte by byte what comes back, and
// remembers what it was asked.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/task_group.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

using asio::ip::tcp;
using hotreload::as_values;

inline std::string http_answer(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

// `answer` says, for the n-th request, what bytes go back.
struct Server {
    struct Reply {
        std::string bytes;
        Millis between_bytes{0};  // 0: all at once
        bool reset = false;
        bool silent = false;
    };

    explicit Server(asio::io_context& l)
        : loop(l),
          tasks(l.get_executor(), [](auto&, auto&) { ADD_FAILURE(); }),
          acceptor(l, {asio::ip::address_v4::loopback(), 0}) {}

    Task<void> run() {
        while (true) {
            auto [error, socket] = co_await acceptor.async_accept(as_values);
            if (error) co_return;
            ++connections;
            tasks.spawn("connection", serve(std::make_shared<tcp::socket>(std::move(socket))));
        }
    }

    Task<void> serve(std::shared_ptr<tcp::socket> socket) {
        sockets.push_back(socket);
        std::string buffer;
        while (true) {
            auto [error, size] = co_await asio::async_read_until(
                *socket, asio::dynamic_buffer(buffer), "\r\n\r\n", as_values);
            if (error) co_return;
            std::string request = buffer.substr(0, size);
            buffer.erase(0, size);
            const auto at = request.find("Content-Length: ");
            const std::size_t length =
                at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
            if (buffer.size() < length) {
                auto [read_error, read] = co_await asio::async_read(
                    *socket, asio::dynamic_buffer(buffer),
                    asio::transfer_exactly(length - buffer.size()), as_values);
                if (read_error) co_return;
            }
            requests.push_back(request + buffer.substr(0, length));
            buffer.erase(0, length);
            const auto reply = answer(requests.size());
            if (reply.reset) {
                socket->set_option(tcp::socket::linger(true, 0));
                socket->close();
                co_return;
            }
            if (reply.silent) continue;
            const auto step = reply.between_bytes.count() == 0 ? reply.bytes.size() : 1;
            for (std::size_t sent = 0; sent < reply.bytes.size(); sent += step) {
                auto [write_error, n] = co_await asio::async_write(
                    *socket, asio::buffer(reply.bytes.data() + sent, step), as_values);
                if (write_error) co_return;
                if (step == reply.bytes.size()) break;
                asio::steady_timer timer(loop, reply.between_bytes);
                co_await timer.async_wait(as_values);
            }
        }
    }

    void close() {
        acceptor.close();
        for (const auto& socket : sockets) socket->close();
    }

    asio::io_context& loop;
    hotreload::TaskGroup tasks;
    tcp::acceptor acceptor;
    std::function<Reply(std::size_t)> answer;
    std::vector<std::string> requests;
    std::vector<std::shared_ptr<tcp::socket>> sockets;
    int connections = 0;
};

}  // namespace tgstats
