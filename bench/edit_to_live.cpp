// From saving a plugin's file to the first answer of the new code, stage by stage, in both
// languages.
//
//   edit_to_live [EDITS]     (default 100 for Python, a quarter of that for C++)
//
// Each edit is one in-place save of a one-command plugin; the clock starts before the file is
// opened and stops when the engine has handed back an answer that only the new content can give.

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/base/process.h"
#include "hotreload/reload/engine.h"

namespace {

using namespace hotreload;
namespace fs = std::filesystem;

constexpr Millis settle_deadline{120'000};
constexpr Millis edit_deadline{60'000};

// Whom the edits are made to: one engine on one folder.
struct Bench {
    Engine& engine;
    EventLog& events;
    fs::path folder;
};

struct Subject {
    std::string title;
    std::string file;
    std::string command;
    std::string (*content)(const std::string& command, int edit);
};

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

void save(const fs::path& file, const std::string& content) {
    std::ofstream(file, std::ios::trunc) << content;
}

using Samples = std::map<std::string, std::vector<double>>;  // milliseconds by stage

double quantile(std::vector<double> values, double part) {
    std::ranges::sort(values);
    return values.at(static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5));
}

void note_stages(Samples& samples, const Event& event) {
    for (const auto& field : event.fields)
        if (field.name.ends_with("_ms"))
            if (const auto* value = std::get_if<double>(&field.value))
                samples[field.name.substr(0, field.name.size() - 3)].push_back(*value);
}

bool says(const json::value& answer, int edit) {
    return json::serialize(answer).find(fmt::format("\"edit {}\"", edit)) != std::string::npos;
}

// Waits for the publication, then asks; asks again only if the answer is still the old one.
Task<double> one_edit(Bench& bench, Subject subject, int edit) {
    auto& events = bench.events;
    const auto file = bench.folder / "plugins" / subject.file;
    const auto content = subject.content(subject.command, edit);
    auto seen = events.last_seq();
    const Stopwatch watch;
    save(file, content);
    const auto until = monotonic_now() + edit_deadline;
    while (monotonic_now() < until) {
        const bool more = co_await events.wait_after(seen, edit_deadline);
        if (!more) break;
        bool published = false;
        for (const auto& event : events.after(seen, 1000).events) {
            seen = event.seq;
            published = published || event.type == EventType::command_registered;
        }
        if (!published) continue;
        HandleRequest request{
            .offer = {.kind = "command", .name = subject.command, .description = {}},
            .event = {{"message", {{"chat", {{"id", 1}}}}}}};
        const auto answer = co_await bench.engine.handle(std::move(request));
        if (answer.has_value() && says(*answer, edit))
            co_return static_cast<double>(watch.total().count()) / 1000.0;
    }
    throw std::runtime_error(fmt::format("edit {} of {} did not go live", edit, file.string()));
}

Task<void> ended(EventLog& events, std::uint64_t seq, Samples& samples) {
    for (;;) {
        for (const auto& event : events.after(seq, 1000).events) {
            seq = event.seq;
            if (event.type != EventType::plugins_reloaded) continue;
            note_stages(samples, event);
            co_return;
        }
        const bool more = co_await events.wait_after(seq, edit_deadline);
        if (!more) throw std::runtime_error("the reload did not end");
    }
}

void print(const Subject& subject, Samples samples, int edits) {
    std::cout << fmt::format("\n{:<38}{:>10}{:>10}{:>10}{:>10}\n",
                             fmt::format("{}, {} edits, ms", subject.title, edits), "p50", "p95",
                             "min", "max");
    for (const auto* stage : {"noticed", "fingerprinted", "built", "started", "loaded", "probed",
                              "published", "live", "drained", "save to answer", "g++"}) {
        const auto found = samples.find(stage);
        if (found == samples.end()) continue;
        const auto& values = found->second;
        std::cout << fmt::format("  {:<36}{:>10.2f}{:>10.2f}{:>10.2f}{:>10.2f}\n", stage,
                                 quantile(values, 0.5), quantile(values, 0.95),
                                 quantile(values, 0.0), quantile(values, 1.0));
    }
}

Task<void> measure(Bench& bench, Subject subject, int edits) {
    Samples samples;
    for (int edit = 1; edit <= edits; ++edit) {
        const auto seq = bench.events.last_seq();
        const double took = co_await one_edit(bench, subject, edit);
        samples["save to answer"].push_back(took);
        co_await ended(bench.events, seq, samples);
    }
    print(subject, std::move(samples), edits);
}

// The floor beside C++: the same compiler on the same file with the same optimisation, nothing
// else.
Task<void> compiler_floor(fs::path folder, int runs) {
    Samples samples;
    for (int run = 0; run < runs; ++run) {
        save(folder / "floor.cpp", cpp_content("floor", run));
        SpawnOptions options;
        options.argv = {"g++",
                        "-std=c++20",
                        "-O2",
                        "-fPIC",
                        "-shared",
                        "-fvisibility=hidden",
                        std::string("-I") + SOURCE_DIR + "/sdk/cpp",
                        (folder / "floor.cpp").string(),
                        "-o",
                        (folder / "floor.so").string()};
        options.env = {{"PATH", "/usr/bin:/bin"}};
        const Stopwatch watch;
        const auto outcome = co_await run_process(std::move(options), {});
        if (!outcome || !outcome->status.success()) throw std::runtime_error("g++ failed");
        samples["g++"].push_back(static_cast<double>(watch.total().count()) / 1000.0);
    }
    print({"g++ alone, the same file", "", "", cpp_content}, std::move(samples), runs);
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
    options.precompiled_header = source / "sdk" / "cpp" / "tgstats" / "plugin.hpp";
    return options;
}

Task<void> run(Bench bench, int edits) {
    auto& engine = bench.engine;
    const Subject python{"Python plugin", "in_python.py", "from_python", python_content};
    const Subject cpp{"C++ plugin", "in_cpp.cpp", "from_cpp", cpp_content};
    const auto plugins = bench.folder / "plugins";
    save(plugins / python.file, python.content(python.command, 0));
    save(plugins / cpp.file, cpp.content(cpp.command, 0));
    co_await engine.start();
    const bool settled = co_await engine.settled(settle_deadline);
    if (!settled) throw std::runtime_error("the plugins did not start");
    co_await measure(bench, python, edits);
    co_await measure(bench, cpp, std::max(edits / 4, 1));
    co_await compiler_floor(bench.folder, std::max(edits / 4, 1));
    co_await engine.stop();
}

}  // namespace

int main(int argc, char** argv) {
    const int edits = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 100;
    auto name = (fs::temp_directory_path() / "edit-to-live-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return 1;
    const fs::path folder = name;
    fs::create_directories(folder / "plugins");
    int status = 0;
    {
        asio::io_context loop(1);
        EventLog events(loop.get_executor());
        Engine engine(loop.get_executor(), engine_options(folder), events);
        asio::co_spawn(loop, run({engine, events, folder}, edits),
                       [&](const std::exception_ptr& error) {
                           try {
                               if (error) std::rethrow_exception(error);
                           } catch (const std::exception& known) {
                               std::cerr << "edit_to_live: " << known.what() << '\n';
                               status = 1;
                           }
                           loop.stop();
                       });
        loop.run();
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return status;
}
