#include "tgstats/app/check_command.h"

#include <stdlib.h>

#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "tgstats/app/engine_setup.h"
#include "tgstats/app/plugins_table.h"
#include "tgstats/control/views.h"

namespace tgstats {
namespace {

namespace fs = std::filesystem;
using hotreload::EventType;

constexpr hotreload::Millis check_deadline{300'000};

// A folder of its own for builds and private data; gone afterwards.
class ScratchFolder {
public:
    ScratchFolder() {
        auto name = (fs::temp_directory_path() / "tgstats-check-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("cannot make a folder in the temporary folder");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code error;
        fs::remove_all(path_, error);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

struct Verdict {
    std::vector<hotreload::PluginStatus> plugins;
    std::vector<std::string> problems;
};

bool is_problem(EventType type) {
    return type == EventType::plugin_conflict || type == EventType::plugin_config_invalid ||
           type == EventType::plugin_dependencies_not_met;
}

hotreload::Task<void> check(hotreload::Engine& engine, Verdict& verdict) {
    co_await engine.start();
    const bool settled = co_await engine.settled(check_deadline);
    if (!settled) verdict.problems.emplace_back("some plugins were not ready in time");
    verdict.plugins = engine.status();
    co_await engine.stop();
}

Verdict check_folder(const fs::path& plugins) {
    const ScratchFolder scratch;
    hotreload::asio::io_context loop(1);
    hotreload::EventLog events(loop.get_executor());
    Verdict verdict;
    events.add_sink([&verdict](const hotreload::Event& event) {
        if (is_problem(event.type)) verdict.problems.push_back(hotreload::to_console(event));
    });
    hotreload::Engine engine(loop.get_executor(), engine_options(plugins, scratch.path()), events);
    std::exception_ptr failure;
    hotreload::asio::co_spawn(loop, check(engine, verdict), [&](const std::exception_ptr& error) {
        failure = error;
        loop.stop();
    });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return verdict;
}

bool wrong(const hotreload::PluginStatus& plugin) {
    return plugin.enabled && (!plugin.serving || plugin.error.has_value());
}

}  // namespace

int run_check(const CheckCommand& command) {
    const auto verdict = check_folder(command.plugins);
    const auto shown = view(verdict.plugins);
    bool good = verdict.problems.empty();
    for (const auto& plugin : verdict.plugins) good = good && !wrong(plugin);
    if (command.json) {
        std::cout << boost::json::serialize(shown) << '\n';
        return good ? 0 : 1;
    }
    std::cout << plugins_table(shown);
    for (const auto& problem : verdict.problems) std::cerr << problem << '\n';
    for (std::size_t i = 0; i < verdict.plugins.size(); ++i)
        if (wrong(verdict.plugins[i])) std::cerr << '\n' << plugin_card(shown[i].as_object());
    return good ? 0 : 1;
}

}  // namespace tgstats
