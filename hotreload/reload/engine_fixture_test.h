#pragma once
// An engine on a folder of its own, with real workers and a real compiler, driven step by step on
// its loop.

#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hotreload/reload/engine.h"

namespace hotreload {

// A Python plugin with one command that answers one word.
inline std::string python(const std::string& command, const std::string& answer) {
    return "offers = [{'kind': 'command', 'name': '" + command +
           "'}]\ndef handle(offer, event):\n    return '" + answer + "'\n";
}

class EngineTest : public ::testing::Test {
protected:
    static constexpr Millis deadline{60'000};  // for what needs a compiler on a busy machine
    void SetUp() override {
        auto name = (std::filesystem::temp_directory_path() / "engine-test-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        std::filesystem::create_directories(plugins());
    }

    void stop() {
        if (engine_) await(engine_->stop());
        engine_.reset();
    }

    void TearDown() override {
        stop();
        std::filesystem::remove_all(folder_);
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

    template <class T>
    T await(Task<T> task) {
        std::optional<T> result;
        std::exception_ptr failure;
        asio::co_spawn(loop_, std::move(task), [&](const std::exception_ptr& error, T value) {
            failure = error;
            result.emplace(std::move(value));
        });
        loop_.restart();
        while (!result) loop_.run_one();
        if (failure) std::rethrow_exception(failure);
        return std::move(*result);
    }

    void await(Task<void> task) { await(finished(std::move(task))); }
    static Task<bool> finished(Task<void> task) {
        co_await std::move(task);
        co_return true;
    }
    // Runs until an event of this type comes after `seq`; its number.
    std::uint64_t await_event(EventType type, std::uint64_t seq) {
        const auto until = monotonic_now() + deadline;
        while (monotonic_now() < until) {
            for (const auto& event : events_.after(seq, 1000).events) {
                seq = event.seq;
                if (event.type == type) return seq;
            }
            if (!await(events_.wait_after(seq, deadline))) break;
        }
        ADD_FAILURE() << "no event " << to_string(type);
        return 0;
    }

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
    // How often an event of this type has come after `seq`, about this plugin where one is named.
    std::size_t count(EventType type, std::uint64_t seq, const std::string& plugin = {}) {
        std::size_t found = 0;
        for (const auto& event : events_.after(seq, 100'000).events) {
            const auto* about = event.find("plugin");
            const auto* name = about != nullptr ? std::get_if<std::string>(about) : nullptr;
            found += event.type == type && (plugin.empty() || (name != nullptr && *name == plugin));
        }
        return found;
    }
    [[nodiscard]] std::uint64_t now() const { return events_.last_seq(); }
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
        return options;
    }

    std::filesystem::path folder_;
    asio::io_context loop_{1};
    EventLog events_{loop_.get_executor()};
    std::optional<Engine> engine_;
};

}  // namespace hotreload
