#pragma once
// For tests of watchers: a tree of plugins, a watcher on it, and waiting for its hints.

#include <optional>
#include <set>
#include <stdexcept>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "hotreload/base/temp_folder_test.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {

class WatcherTest : public testing::Test {
protected:
    using Paths = std::set<std::filesystem::path>;
    static constexpr Millis patience{120'000};

    WatcherTest() {
        folder_.write("plugins/hello.py", "1");
        folder_.write("plugins/pack/__init__.py", "1");
        folder_.write("plugins/pack/inner/part.py", "1");
    }
    std::filesystem::path at(const std::string& below) const { return folder_.path() / below; }
    static void append(const std::filesystem::path& file) {
        std::ofstream(file, std::ios::app) << "x";
    }

    // As the engine is configured by default.
    WatcherOptions options() {
        const ReloadSettings settings;
        WatcherOptions made;
        made.filter = {settings.watch_patterns, settings.ignore_patterns};
        made.on_degraded = [this](const std::string& reason) { degraded_.push_back(reason); };
        return made;
    }
    void start(std::vector<std::filesystem::path> roots) { start(std::move(roots), options()); }
    void start(std::vector<std::filesystem::path> roots, WatcherOptions options) {
        watcher_ = make_watcher(loop_.get_executor(), std::move(options));
        watcher_->watch(std::move(roots));
    }

    std::optional<WatchHint> next_within(Millis time) {
        std::optional<WatchHint> hint;
        asio::cancellation_signal cancel;
        bool ended = false;
        asio::co_spawn(loop_, watcher_->next(),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](const std::exception_ptr& error, WatchHint value) {
                               if (!error) hint = std::move(value);
                               ended = true;
                           }));
        loop_.restart();
        loop_.poll();  // what has not begun cannot be cancelled
        const auto end = deadline_after(time);
        while (!ended && monotonic_now() < end) loop_.run_one_until(end);
        if (!ended) cancel.emit(asio::cancellation_type::terminal);
        while (!ended) loop_.run_one();
        return hint;
    }
    WatchHint next() {
        auto hint = next_within(patience);
        if (!hint) throw std::runtime_error("no hint came in time");
        return *hint;
    }
    // All paths hinted until one is hinted that is known to come last: what is not among them gave
    // no hint.
    Paths until(const std::filesystem::path& last) {
        Paths all;
        while (!all.contains(last)) {
            const auto hint = next();
            if (hint.paths.empty()) throw std::runtime_error("a hint for everything");
            all.insert(hint.paths.begin(), hint.paths.end());
        }
        return all;
    }

    TempFolder folder_;
    asio::io_context loop_;
    std::vector<std::string> degraded_;
    std::unique_ptr<Watcher> watcher_;
};

}  // namespace hotreload
