#include "tgstats/http/server.h"

#include <charconv>
#include <list>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "tgstats/http/connection.h"
#include "tgstats/http/host_check.h"

namespace tgstats::http {

using asio::ip::tcp;
using boost::system::error_code;
using hotreload::as_values;

namespace {

constexpr Millis accept_pause{100};  // after a failed accept (no descriptors left)

Result<tcp::endpoint, std::string> parse_address(const std::string& address) {
    auto host = std::string(host_part(address));
    const auto wrong =
        "cannot listen on " + address + ": write it as HOST:PORT, for example 127.0.0.1:8080";
    if (host.empty() || host.size() >= address.size()) return wrong;
    const auto digits = std::string_view(address).substr(host.size() + 1);
    unsigned port = 0;
    const auto [stop, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (failure != std::errc{} || stop != digits.data() + digits.size() || port > 65535)
        return wrong;
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    error_code error;
    const auto ip = asio::ip::make_address(host, error);
    if (error) return wrong;
    return tcp::endpoint(ip, static_cast<std::uint16_t>(port));
}

std::string lower_first(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z')
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

}  // namespace

struct Server::State {
    State(asio::any_io_executor executor, Handler handler, ServerOptions options)
        : shared{std::move(handler), std::move(options)},
          acceptor(executor),
          tasks(executor, [this](const std::string& name, const std::exception_ptr& error) {
              report(name, error);
          }) {}

    error_code open(const tcp::endpoint& endpoint) {
        error_code error;
        acceptor.open(endpoint.protocol(), error);
        if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor.bind(endpoint, error);
        if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
        if (!error) local = acceptor.local_endpoint(error);
        return error;
    }

    Task<void> accept_all() {
        while (acceptor.is_open()) {
            auto [error, socket] = co_await acceptor.async_accept(as_values);
            if (shared.stopping) co_return;
            if (!error) {
                accept(std::move(socket));
                continue;
            }
            asio::steady_timer pause(acceptor.get_executor(), accept_pause);
            co_await pause.async_wait(as_values);
        }
    }

    void accept(tcp::socket socket) {
        if (connections.size() >= shared.options.limits.connections_max)
            return turn_away(std::move(socket));
        connections.emplace_back(std::move(socket), shared);
        const auto connection = std::prev(connections.end());
        connection->task = tasks.spawn("http connection", serve(connection));
    }

    static void turn_away(tcp::socket socket) {
        static constexpr std::string_view busy =
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        error_code ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(busy), ignored);
    }

    Task<void> serve(std::list<Connection>::iterator connection) {
        try {
            co_await connection->run();
        } catch (...) {
            connections.erase(connection);
            throw;
        }
        connections.erase(connection);
    }

    void report(const std::string& name, const std::exception_ptr& error) const {
        if (!shared.options.on_error) return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& exception) {
            shared.options.on_error(name + ": " + exception.what());
        } catch (...) {
            shared.options.on_error(name + ": unknown exception");
        }
    }

    Shared shared;
    tcp::acceptor acceptor;
    tcp::endpoint local;
    std::list<Connection> connections;
    hotreload::TaskGroup tasks;
};

Result<Server, std::string> Server::listen(asio::any_io_executor executor,
                                           const std::string& address, Handler handler,
                                           ServerOptions options) {
    const auto endpoint = parse_address(address);
    if (!endpoint) return endpoint.error();
    auto state = std::make_unique<State>(executor, std::move(handler), std::move(options));
    if (const auto error = state->open(*endpoint)) {
        return "cannot listen on " + address + ": " + lower_first(error.message()) +
               "; choose another with --listen";
    }
    state->tasks.spawn("http accept", state->accept_all());
    return Server(std::move(state));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

std::uint16_t Server::port() const { return state_->local.port(); }

std::string Server::address() const {
    const auto host = state_->local.address().to_string();
    return (state_->local.address().is_v6() ? "[" + host + "]" : host) + ":" +
           std::to_string(port());
}

std::size_t Server::connections() const { return state_->connections.size(); }

Task<bool> Server::stop(Millis deadline) {
    auto& state = *state_;
    state.shared.stopping = true;
    error_code ignored;
    state.acceptor.close(ignored);
    for (auto& connection : state.connections) {
        if (connection.interruptible()) connection.task.cancel();
    }
    const bool finished = co_await state.tasks.joined(deadline);
    if (finished) co_return true;
    for (auto& connection : state.connections) connection.close();
    state.tasks.cancel();
    co_await state.tasks.joined(server_cancel_deadline);
    co_return false;
}

}  // namespace tgstats::http
