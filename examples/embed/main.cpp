// A host of its own: answers each line typed with all plugins of a folder, in the code saved last.
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>

#include "hotreload/reload/engine.h"

namespace asio = boost::asio;

hotreload::EngineOptions options(const std::filesystem::path& plugins,
                                 const std::filesystem::path& data) {
    return {.roots = {absolute(plugins)},
            .config_file = absolute(plugins) / "plugins.yaml",
            .cache_dir = absolute(data) / "cache",
            .data_dir = absolute(data) / "plugins",
            .native_worker = HOTRELOAD_NATIVE_WORKER,
            .python_sdk = HOTRELOAD_PYTHON_SDK,
            .include_dirs = {HOTRELOAD_CPP_SDK},
            .module_prefix = "embed.plugins"};
}

// What kinds of offers there are, and what an event holds, is for the host to say.
hotreload::Task<void> answer(hotreload::Engine& engine, std::string line) {
    for (const auto& offer : engine.routes()->offers("answer")) {
        hotreload::HandleRequest request{.offer = offer, .event = {{"line", line}}};
        const auto result = co_await engine.handle(std::move(request));
        std::cout << offer.name << ": ";
        std::cout << (result ? serialize(*result) : result.error().message) << '\n' << std::flush;
    }
}

hotreload::Task<void> serve(hotreload::Engine& engine, asio::posix::stream_descriptor input) {
    co_await engine.start();
    const bool ready = co_await engine.settled(std::chrono::minutes(2));
    std::cout << (ready ? "ready: type a line" : "still building") << '\n' << std::flush;
    std::string typed;
    for (;;) {
        const auto [error, size] = co_await asio::async_read_until(
            input, asio::dynamic_buffer(typed, 65'536), '\n', hotreload::as_values);
        if (error) co_return co_await engine.stop();
        co_await answer(engine, typed.substr(0, size - 1));
        typed.erase(0, size);
    }
}

int main(int argc, char** argv) {
    if (argc != 3) return std::cerr << "usage: embed PLUGINS DATA\n", 2;
    asio::io_context loop;
    hotreload::EventLog events(loop.get_executor());
    events.add_sink(hotreload::console_sink(hotreload::Level::info));
    hotreload::Engine engine(loop.get_executor(), options(argv[1], argv[2]), events);
    auto done = asio::co_spawn(loop, serve(engine, {loop, STDIN_FILENO}), asio::use_future);
    loop.run();
    done.get();  // what was thrown
}
