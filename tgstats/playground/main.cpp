// The playground alone, without the web chat: for client tests and for developing. Prints its
// address, ends at SIGTERM.

#include <csignal>
#include <cstdio>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "tgstats/http/server.h"
#include "tgstats/playground/mount.h"

namespace {

namespace asio = hotreload::asio;
using tgstats::http::Server;
using tgstats::playground::Playground;

constexpr hotreload::Millis stop_deadline{2'000};

hotreload::Task<void> run_until_signal(Server& server, Playground& playground) {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    co_await signals.async_wait(hotreload::as_values);
    playground.close();
    co_await server.stop(stop_deadline);
    co_await playground.stop(stop_deadline);
}

}  // namespace

int main(int argc, char** argv) {
    asio::io_context loop;
    const std::string address = argc > 1 ? argv[1] : "127.0.0.1:8081";
    Playground playground(loop.get_executor(), {});
    playground.add_default_content();
    tgstats::http::Router router{tgstats::http::HostCheck(address)};
    mount(router, playground);
    auto server = Server::listen(loop.get_executor(), address, router.handler());
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().c_str());
        return 1;
    }
    std::printf("http://%s\n", server->address().c_str());
    std::fflush(stdout);
    hotreload::TaskGroup tasks(loop.get_executor(), nullptr);
    tasks.spawn("wait for a signal", run_until_signal(*server, playground));
    loop.run();
}
