#include "tgstats/app/serve.h"

#include <csignal>
#include <cstdlib>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "tgstats/app/bot.h"
#include "tgstats/control/control_api.h"
#include "tgstats/http/server.h"
#include "tgstats/playground/mount.h"
#include "tgstats/playground/playground.h"
#include "tgstats/web/pages.h"

namespace tgstats {
namespace {

using hotreload::EventLog;
using hotreload::Level;

constexpr std::size_t log_bytes_max = 16U << 20;
constexpr std::size_t log_files_max = 5;
constexpr Millis server_stop_deadline{2'000};

// The page's server with the playground behind it, or without.
struct Front {
    http::Router router;
    std::unique_ptr<playground::Playground> world;
    std::optional<http::Server> server;
};

// TGSTATS_TRAFFIC=FILE: for tests that look at what went over the Bot API.
playground::Options playground_options() {
    playground::Options options;
    if (const char* file = std::getenv("TGSTATS_TRAFFIC")) options.traffic = file;
    return options;
}

void listen(Front& front, const asio::any_io_executor& executor, const std::string& address,
            EventLog& events) {
    http::ServerOptions options;
    options.on_error = [&events](const std::string& line) {
        events.emit_host("http_handler_failed", Level::error, {{"reason", line}});
    };
    auto server =
        http::Server::listen(executor, address, front.router.handler(), std::move(options));
    if (!server) throw std::runtime_error(server.error());
    front.server.emplace(std::move(*server));
}

Task<void> close(Front& front) {
    if (front.world) front.world->close();
    const bool clean = co_await front.server->stop(server_stop_deadline);
    static_cast<void>(clean);
    if (front.world) {
        const bool ended = co_await front.world->stop(server_stop_deadline);
        static_cast<void>(ended);
    }
}

void say_address(const http::Server& server, bool quiet, std::string_view what) {
    if (!quiet)
        std::cout << fmt::format("{} is on http://{}/\n", what, server.address()) << std::flush;
}

// The chats that the database knows appear in the web chat, so that commands can be tried on them.
Task<void> seed(playground::Playground& world, StoreThread& store) {
    auto work = [](Store& opened) { return opened.summaries(); };
    const auto known = co_await store.run(work);
    for (const auto& summary : known) {
        playground::Chat chat;
        chat.id = summary.chat.id;
        chat.type = summary.chat.type.empty() ? "supergroup" : summary.chat.type;
        chat.title = summary.chat.title;
        chat.username = summary.chat.username;
        world.add_chat(std::move(chat));
    }
}

Task<void> run_bot(Bot& bot, Front& front) {
    if (front.world) co_await seed(*front.world, bot.store());
    co_await bot.start();
}

// Made before anything is started: a signal that comes meanwhile is kept, and stops the program in
// order as well.
class StopSignal {
public:
    explicit StopSignal(const asio::any_io_executor& executor)
        : signals_(executor, SIGINT, SIGTERM) {}

    Task<void> wait() {
        const auto [error, number] = co_await signals_.async_wait(hotreload::as_values);
        static_cast<void>(error);
        static_cast<void>(number);
    }

private:
    asio::signal_set signals_;
};

// Runs `program` on the loop; what it throws is thrown here.
void run_loop(asio::io_context& loop, Task<void> program) {
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(program), [&](const std::exception_ptr& error) {
        failure = error;
        loop.stop();
    });
    loop.run();
    if (failure) std::rethrow_exception(failure);
}

Task<void> serve_until_signal(Bot& bot, Front& front, StopSignal& stop) {
    co_await run_bot(bot, front);
    co_await stop.wait();
    co_await bot.stop();
    co_await close(front);
}

Task<void> playground_until_signal(Front& front, StopSignal& stop) {
    co_await stop.wait();
    co_await close(front);
}

int serve_checked(ServeOptions options) {
    asio::io_context loop(1);
    StopSignal stop(loop.get_executor());
    EventLog events(loop.get_executor());
    events.add_sink(
        hotreload::json_file_sink(options.settings.log.string(), log_bytes_max, log_files_max));
    if (!options.quiet) events.add_sink(hotreload::console_sink(Level::info));

    Front front;
    front.router = http::Router(http::HostCheck(options.settings.listen));
    if (options.playground) {
        front.world =
            std::make_unique<playground::Playground>(loop.get_executor(), playground_options());
        front.world->add_default_content();
        playground::mount(front.router, *front.world);
    }
    mount_pages(front.router, options.playground);
    listen(front, loop.get_executor(), options.settings.listen, events);
    if (options.playground) {
        options.settings.token = playground::BotAccount{}.token;
        options.settings.telegram_api_url = "http://" + front.server->address();
        options.settings.proxy.clear();
    }

    Bot bot(loop.get_executor(), options.settings, events);
    ControlApi control({.engine = bot.engine(),
                        .events = events,
                        .dispatcher = bot.dispatcher(),
                        .admin_token = options.settings.admin_token,
                        .token_needed = !options.playground});
    control.mount(front.router);
    say_address(*front.server, false, options.playground ? "The playground" : "The panel");
    run_loop(loop, serve_until_signal(bot, front, stop));
    return 0;
}

}  // namespace

int serve(const ServeOptions& options) {
    if (!options.playground && options.settings.token.empty()) {
        std::cerr << "tgstats: no bot token: set BOT_TOKEN (BotFather gives one), or try it out "
                     "with --playground\n";
        return 2;
    }
    try {
        return serve_checked(options);
    } catch (const std::exception& error) {
        std::cerr << "tgstats: " << error.what() << '\n';
        return 1;
    }
}

int serve_playground(const std::string& address, bool quiet) {
    try {
        asio::io_context loop(1);
        StopSignal stop(loop.get_executor());
        EventLog events(loop.get_executor());
        if (!quiet) events.add_sink(hotreload::console_sink(Level::info));
        Front front;
        front.router = http::Router(http::HostCheck(address));
        front.world =
            std::make_unique<playground::Playground>(loop.get_executor(), playground_options());
        front.world->add_default_content();
        playground::mount(front.router, *front.world);
        mount_pages(front.router, true);
        listen(front, loop.get_executor(), address, events);
        say_address(*front.server, false, "The playground");
        run_loop(loop, playground_until_signal(front, stop));
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "tgstats: " << error.what() << '\n';
        return 1;
    }
}

}  // namespace tgstats
