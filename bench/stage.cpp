#include "bench/stage.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace bench {

namespace {

bool has_cpp(const fs::path& plugins) {
    return std::ranges::any_of(fs::directory_iterator(plugins), [](const auto& entry) {
        return entry.path().extension() == ".cpp";
    });
}

EngineOptions engine_options(const fs::path& folder) {
    const fs::path source = SOURCE_DIR;
    EngineOptions options;
    options.roots = {folder / "plugins"};
    options.config_file = folder / "plugins" / "plugins.yaml";
    options.cache_dir = folder / "cache";
    options.data_dir = folder / "data";
    options.native_worker = fs::path(BINARY_DIR) / "hotreload-native-worker";
    options.python_sdk = source / "sdk" / "python";
    options.include_dirs = {source / "sdk" / "cpp"};
    // Warming up takes seconds of a core, beside what is to be measured.
    if (has_cpp(folder / "plugins"))
        options.precompiled_header = source / "sdk" / "cpp" / "tgstats" / "plugin.hpp";
    return options;
}

void note_stages(Table& table, const Event& event) {
    for (const auto& field : event.fields)
        if (field.name.ends_with("_ms"))
            if (const auto* value = std::get_if<double>(&field.value))
                table.add(field.name.substr(0, field.name.size() - 3), *value);
}

Task<void> play(Bench& bench, const Measure& measure) {
    co_await bench.engine.start();
    const bool settled = co_await bench.engine.settled(settle_deadline);
    if (!settled) throw std::runtime_error("the plugins did not start");
    co_await measure(bench);
    co_await bench.engine.stop();
}

int play_in(const fs::path& folder, const Measure& measure) {
    int status = 0;
    asio::io_context loop(1);
    EventLog events(loop.get_executor());
    Engine engine(loop.get_executor(), engine_options(folder), events);
    Bench bench{engine, events, folder};
    asio::co_spawn(loop, play(bench, measure), [&](const std::exception_ptr& error) {
        try {
            if (error) std::rethrow_exception(error);
        } catch (const std::exception& known) {
            std::cerr << "error: " << known.what() << '\n';
            status = 1;
        }
        loop.stop();
    });
    loop.run();
    return status;
}

}  // namespace

void save(const fs::path& file, const std::string& content) {
    std::ofstream(file, std::ios::trunc) << content;
}

std::string python_content(const std::string& command, int edit) {
    return fmt::format(
        "offers = [{{'kind': 'command', 'name': '{}'}}]\n\n\ndef handle(offer, event):\n    return "
        "'edit {}'\n",
        command, edit);
}

std::string cpp_content(const std::string& command, int edit) {
    return fmt::format(R"(#include <tgstats/plugin.hpp>
class Edited : public tgstats::CommandPlugin {{
public:
    tgstats::Metadata metadata() const override {{ return {{.name = "edited", .version = "1"}}; }}
    void commands(tgstats::Commands& commands) override {{
        commands.add("{}", "Answers", [](tgstats::Call& call) {{ call.reply_text("edit {}"); }});
    }}
}};
TGSTATS_PLUGIN(Edited)
)",
                       command, edit);
}

Task<bool> answers(Bench& bench, std::string command, int edit) {
    HandleRequest request{.offer = {.kind = "command", .name = command, .description = {}},
                          .event = {{"message", {{"chat", {{"id", 1}}}}}}};
    const auto answer = co_await bench.engine.handle(std::move(request));
    if (!answer.has_value()) throw std::runtime_error("error " + answer.error().message);
    co_return json::serialize(*answer).find(fmt::format("\"edit {}\"", edit)) != std::string::npos;
}

Task<void> note_reload(Bench& bench, std::uint64_t seq, Table& table) {
    for (;;) {
        for (const auto& event : bench.events.after(seq, 1000).events) {
            seq = event.seq;
            if (event.type != EventType::plugins_reloaded) continue;
            note_stages(table, event);
            co_return;
        }
        const bool more = co_await bench.events.wait_after(seq, reload_deadline);
        if (!more) throw std::runtime_error("the reload did not end");
    }
}

Task<void> told(Bench& bench, EventType type, int count, std::uint64_t seq) {
    for (int seen = 0; seen < count;) {
        const bool more = co_await bench.events.wait_after(seq, reload_deadline);
        if (!more)
            throw std::runtime_error(
                fmt::format("{} of {} {} in time", seen, count, to_string(type)));
        for (const auto& event : bench.events.after(seq, 10'000).events) {
            seq = event.seq;
            if (event.type == type) ++seen;
        }
    }
}

Task<void> rest(Millis time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

int run(const std::function<void(const fs::path&)>& fill, Measure measure) {
    auto name = (fs::temp_directory_path() / "tgstats-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return 1;
    const fs::path folder = name;
    fs::create_directories(folder / "plugins");
    fill(folder / "plugins");
    const int status = play_in(folder, measure);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return status;
}

}  // namespace bench
