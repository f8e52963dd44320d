#include "tgstats/app/serve.h"

#include <cstdlib>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "hotreload/base/task_group.h"
#include "tgstats/app/bot.h"
#include "tgstats/app/engine_setup.h"
#include "tgstats/app/exit_status.h"
#include "tgstats/app/service_notice.h"
#include "tgstats/app/stop_signal.h"
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
constexpr Millis status_pause{10'000};  // between two words to the service manager
constexpr int watchdog_share = 3;       // signs of life within the time that it allows
// Of the time of a stop: for open pages and polls, of all servers together, and for cutting them.
constexpr Millis server_stop_deadline{200};
constexpr Millis close_deadline = server_stop_deadline + 4 * http::server_cancel_deadline;

// The page's server with the playground behind it, or without; where it is wanted, a second one
// for the webhook alone.
struct Front {
    http::Router router;
    http::Router webhook_router;
    std::unique_ptr<playground::Playground> world;
    std::optional<http::Server> server;
    std::optional<http::Server> webhook_server;
};

// TGSTATS_TRAFFIC=FILE: for tests that look at what went over the Bot API.
playground::Options playground_options() {
    playground::Options options;
    if (const char* file = std::getenv("TGSTATS_TRAFFIC")) options.traffic = file;
    return options;
}

// What every server runs on.
struct Loop {
    asio::any_io_executor executor;
    EventLog& events;
};

// `body_bytes_max`: 0 leaves the server's own bound.
http::Server open_server(const Loop& loop, const std::string& address, const http::Router& router,
                         std::uint64_t body_bytes_max) {
    http::ServerOptions options;
    if (body_bytes_max > 0) options.limits.body_bytes_max = body_bytes_max;
    options.on_error = [&events = loop.events](const std::string& line) {
        events.emit_host("http_handler_failed", Level::error, {{"reason", line}});
    };
    auto server =
        http::Server::listen(loop.executor, address, router.handler(), std::move(options));
    if (!server) throw std::runtime_error(server.error());
    return std::move(*server);
}

void open_playground(Front& front, const asio::any_io_executor& executor) {
    front.world = std::make_unique<playground::Playground>(executor, playground_options());
    front.world->add_default_content();
    playground::mount(front.router, *front.world);
}

Task<void> close(Front& front) {
    const hotreload::Countdown time(server_stop_deadline);
    if (front.world) front.world->close();
    const bool clean = co_await front.server->stop(time.left());
    static_cast<void>(clean);
    if (front.webhook_server) {
        const bool posts_ended = co_await front.webhook_server->stop(time.left());
        static_cast<void>(posts_ended);
    }
    if (front.world) {
        const bool ended = co_await front.world->stop(time.left());
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

std::string status_line(const hotreload::Engine& engine) {
    std::size_t serving = 0, failed = 0;
    for (const auto& plugin : engine.status()) {
        serving += plugin.serving ? 1 : 0;
        failed += plugin.stage == hotreload::Stage::failed ? 1 : 0;
    }
    return fmt::format("{} plugins serve, {} have failed", serving, failed);
}

// False while more work waits for the store than it takes on.
Task<bool> store_answers(StoreThread& store) {
    try {
        auto nothing = [](Store&) { return true; };
        const bool answered = co_await store.run(nothing);
        co_return answered;
    } catch (const StoreBusy&) {
        co_return false;
    }
}

// Says that the program lives for as long as its loop turns and its store answers.
Task<void> tell_service(Bot& bot, const ServiceNotice& notice) {
    const auto watchdog = notice.watchdog() / watchdog_share;
    const auto pause = watchdog.count() > 0 ? std::min(watchdog, status_pause) : status_pause;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        const bool answered = co_await store_answers(bot.store());
        if (answered && watchdog.count() > 0) notice.alive();
        notice.status(status_line(bot.engine()));
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Task<void> serve_until_signal(Bot& bot, Front& front, StopSignal& stop,
                              const ServiceNotice& notice) {
    co_await run_bot(bot, front);
    hotreload::TaskGroup telling(co_await asio::this_coro::executor, {});
    notice.ready();
    if (notice.wanted()) telling.spawn("tell the service manager", tell_service(bot, notice));
    co_await stop.wait();
    notice.stopping();
    telling.cancel();
    co_await bot.stop(std::max(Millis{0}, stop.left() - close_deadline));
    co_await close(front);
    const bool told = co_await telling.joined(http::server_cancel_deadline);
    static_cast<void>(told);
}

Task<void> playground_until_signal(Front& front, StopSignal& stop) {
    co_await stop.wait();
    co_await close(front);
}

// The playground's server takes files; a bot's takes updates and orders.
void open_front(Front& front, ServeOptions& options, const Loop& loop) {
    auto& settings = options.settings;
    front.router = http::Router(http::HostCheck(settings.listen, settings.hosts));
    if (options.playground) open_playground(front, loop.executor);
    mount_pages(front.router, options.playground);
    front.server.emplace(open_server(loop, settings.listen, front.router,
                                     options.playground ? 0 : webhook_body_bytes_max));
    if (!options.playground) return;
    settings.token = playground::BotAccount{}.token;
    settings.telegram_api_url = "http://" + front.server->address();
    settings.proxy.clear();
    settings.webhook = {};  // that of the real bot
}

void open_webhook(Front& front, Bot& bot, const Settings& settings, const Loop& loop) {
    if (bot.webhook() == nullptr) return;
    const bool apart = !settings.webhook.listen.empty();
    bot.webhook()->mount(apart ? front.webhook_router : front.router);
    if (apart)
        front.webhook_server.emplace(open_server(loop, settings.webhook.listen,
                                                 front.webhook_router, webhook_body_bytes_max));
}

int serve_checked(ServeOptions options) {
    const auto notice = ServiceNotice::from_environment();
    asio::io_context loop(1);
    const asio::any_io_executor executor = loop.get_executor();
    StopSignal stop(executor);
    EventLog events(executor);
    events.add_sink(
        hotreload::json_file_sink(options.settings.log.string(), log_bytes_max, log_files_max));
    if (!options.quiet) events.add_sink(hotreload::console_sink(Level::info));
    Metrics metrics(options.version);
    events.add_sink([&metrics](const hotreload::Event& event) { metrics.note(event); });

    Front front;
    const Loop running{executor, events};
    open_front(front, options, running);
    Bot bot(executor, options.settings, events, metrics);
    open_webhook(front, bot, options.settings, running);
    ControlApi control({.engine = bot.engine(),
                        .events = events,
                        .dispatcher = bot.dispatcher(),
                        .metrics = metrics,
                        .outbox_length = [&bot] { return bot.outbox_length(); },
                        .admin_token = options.settings.admin_token,
                        .token_needed = !options.playground});
    control.mount(front.router);
    say_address(*front.server, false, options.playground ? "The playground" : "The panel");
    run_loop(loop, serve_until_signal(bot, front, stop, notice));
    events.emit_host("stopped", Level::info, {{"took_ms", stop.taken().count()}});
    return exit_status::done;
}

}  // namespace

int serve(const ServeOptions& options) {
    if (!options.playground && options.settings.token.empty()) {
        std::cerr << "tgstats: no bot token: set BOT_TOKEN (BotFather gives one), or try it out "
                     "with --playground\n";
        return exit_status::misconfigured;
    }
    try {
        return serve_checked(options);
    } catch (const std::exception& error) {
        std::cerr << "tgstats: " << error.what() << '\n';
        return exit_status::failed;
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
        open_playground(front, loop.get_executor());
        mount_pages(front.router, true);
        front.server.emplace(open_server({loop.get_executor(), events}, address, front.router, 0));
        say_address(*front.server, false, "The playground");
        run_loop(loop, playground_until_signal(front, stop));
        return exit_status::done;
    } catch (const std::exception& error) {
        std::cerr << "tgstats: " << error.what() << '\n';
        return exit_status::failed;
    }
}

}  // namespace tgstats
