// A host of its own: answers each line typed with all plugins of a folder, in the code that was
// saved last.

#include <unistd.h>

#include <iostream>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/json/serialize.hpp>

#include "hotreload/reload/engine.h"

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr hotreload::Millis ready_within{120'000};
constexpr std::size_t line_bytes_max = 64 << 10;

hotreload::EngineOptions options(const fs::path& plugins, const fs::path& data) {
    hotreload::EngineOptions options;
    options.roots = {fs::absolute(plugins)};
    options.config_file = fs::absolute(plugins) / "plugins.yaml";  // need not exist
    options.cache_dir = fs::absolute(data) / "cache";
    options.data_dir = fs::absolute(data) / "plugins";
    options.native_worker = HOTRELOAD_NATIVE_WORKER;
    options.python_sdk = HOTRELOAD_PYTHON_SDK;
    options.include_dirs = {HOTRELOAD_CPP_SDK};
    options.module_prefix = "embed.plugins";
    return options;
}

// What kinds of offers there are, and what an event holds, is for the host to say.
hotreload::Task<void> answer(hotreload::Engine& engine, std::string line) {
    const auto routes = engine.routes();
    for (const auto& offer : routes->offers("answer")) {
        hotreload::HandleRequest request{.offer = offer, .event = {{"line", line}}};
        const auto result = co_await engine.handle(std::move(request));
        std::cout << offer.name << ": "
                  << (result ? boost::json::serialize(*result) : result.error().message) << '\n'
                  << std::flush;
    }
}

hotreload::Task<void> serve(hotreload::Engine& engine, asio::posix::stream_descriptor input) {
    co_await engine.start();
    const bool ready = co_await engine.settled(ready_within);
    std::cout << (ready ? "ready: type a line\n" : "still building: type a line\n") << std::flush;
    std::string typed;
    for (;;) {
        auto buffer = asio::dynamic_buffer(typed, line_bytes_max);
        const auto [error, size] =
            co_await asio::async_read_until(input, buffer, '\n', hotreload::as_values);
        if (error) break;
        co_await answer(engine, typed.substr(0, size - 1));
        typed.erase(0, size);
    }
    co_await engine.stop();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: embed PLUGINS DATA\n";
        return 2;
    }
    asio::io_context loop;
    hotreload::EventLog events(loop.get_executor());
    events.add_sink(hotreload::console_sink(hotreload::Level::info));
    hotreload::Engine engine(loop.get_executor(), options(argv[1], argv[2]), events);
    asio::posix::stream_descriptor input(loop, ::dup(STDIN_FILENO));
    asio::co_spawn(loop, serve(engine, std::move(input)), [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
    });
    loop.run();
}
