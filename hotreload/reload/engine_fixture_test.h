#pragma once
// An engine on a folder of its own, with real workers and a real compiler, driven step by step on
// its loop.

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "hotreload/reload/engine.h"
#include "hotreload/reload/loop_fixture_test.h"

namespace hotreload {

// A Python plugin with one command that answers one word.
inline std::string python(const std::string& command, const std::string& answer) {
    return "offers = [{'kind': 'command', 'name': '" + command +
           "'}]\ndef handle(offer, event):\n    return '" + answer + "'\n";
}

class EngineTest : public LoopTest {
protected:
    void SetUp() override {
        LoopTest::SetUp();
        std::filesystem::create_directories(plugins());
    }

    void stop() {
        if (engine_) await(engine_->stop());
        engine_.reset();
    }

    void TearDown() override {
        stop();
        LoopTest::TearDown();
    }
    [[nodiscard]] std::filesystem::path plugins() const { return folder_ / "plugins"; }

    void save(const std::string& file, const std::string& text) {
        const auto path = plugins() / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::trunc) << text;
    }

    void start() { start(options()); }
    void start(EngineOptions options) {
        engine_.emplace(loop_.get_executor(), std::move(options), events_);
        await(engine_->start());
        settle();
    }
    void settle() { EXPECT_TRUE(await(engine_->settled(deadline))); }

    // Until the history holds so many generations of this plugin.
    void await_kept(const std::string& plugin, std::size_t generations) {
        const auto until = monotonic_now() + deadline;
        while (engine_->history(plugin).size() < generations && monotonic_now() < until)
            loop_.run_one_for(Millis(100));
        if (engine_->history(plugin).size() >= generations) return;
        for (const auto& event : events_.after(0, 1000).events) std::puts(to_json(event).c_str());
        throw std::runtime_error("the history does not hold them");
    }

    std::string ask(const std::string& name, const std::string& kind = "command") {
        auto outcome = await(engine_->handle(
            {.offer = {.kind = kind, .name = name, .description = {}}, .event = {{"text", "hi"}}}));
        if (outcome.has_error()) return "error: " + outcome.error().message;
        return outcome->is_string() ? std::string(outcome->get_string()) : "not a text";
    }

    PluginStatus status(const std::string& name) {
        const auto all = engine_->status();
        const auto found = std::ranges::find(all, name, &PluginStatus::name);
        return found == all.end() ? PluginStatus{} : *found;
    }
    EngineOptions options() {
        const std::filesystem::path source = SOURCE_DIR;
        EngineOptions options;
        options.roots = {plugins()};
        options.config_file = plugins() / "plugins.yaml";
        options.cache_dir = folder_ / "cache";
        options.data_dir = folder_ / "data";
        options.native_worker = std::filesystem::path(BINARY_DIR) / "hotreload-native-worker";
        options.python_sdk = source / "sdk" / "python";
        options.include_dirs = {source / "sdk" / "cpp"};
        options.exit_report_grace = deadline;  // tests name how processes ended
        return options;
    }

    std::optional<Engine> engine_;
};

}  // namespace hotreload
