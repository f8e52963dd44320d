#pragma once
// For tests of this folder: a loop, an event log that remembers, and the checks that nothing is
// left behind.

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/event/event_log.h"

namespace hotreload::test {

inline bool process_exists(pid_t pid) { return ::kill(pid, 0) == 0 || errno != ESRCH; }

// Gone, or a zombie: an orphan is reaped by whoever has adopted it, in its own time.
inline bool process_ended(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat(std::istreambuf_iterator<char>(file), {});
    return stat.empty() || stat.find(") Z ") != std::string::npos;
}

// A busy machine, or one that writes core files, tells late how a process has ended.
inline constexpr Millis sure_to_know{60'000};

inline std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

class LoopTest : public testing::Test {
protected:
    LoopTest() {
        ::signal(SIGPIPE, SIG_IGN);
        // The loop opens descriptors of its own with the first one it watches: they are no leak of
        // the code at test.
        const asio::posix::stream_descriptor first(loop, ::dup(STDIN_FILENO));
        events.add_sink([this](const Event& event) { seen.push_back(event); });
    }

    // Runs the loop until the task is done, and returns what it returned.
    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        std::exception_ptr failure;
        bool done = false;
        asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& error, T value) {
            failure = error;
            done = true;
            if (!error) result.emplace(std::move(value));
        });
        run_until([&] { return done; });
        if (failure) std::rethrow_exception(failure);
        return std::move(result).value();
    }
    void run(Task<void> task) { run(and_true(std::move(task))); }

    // Runs the loop until `done` says so; a test that gets stuck fails here.
    void run_until(const std::function<bool()>& done) {
        const MonotonicTime until = monotonic_now() + std::chrono::seconds(120);
        while (!done()) {
            if (monotonic_now() > until)
                throw std::runtime_error("the test waits for what does not happen");
            if (loop.stopped()) loop.restart();
            loop.run_one_for(std::chrono::milliseconds(100));
        }
    }

    [[nodiscard]] std::vector<Event> events_of(EventType type) const {
        std::vector<Event> found;
        for (const Event& event : seen) {
            if (event.type == type) found.push_back(event);
        }
        return found;
    }
    static std::string text(const Event& event, std::string_view field) {
        const FieldValue* value = event.find(field);
        return value && std::holds_alternative<std::string>(*value) ? std::get<std::string>(*value)
                                                                    : "";
    }

    asio::io_context loop{1};
    EventLog events{loop.get_executor()};
    std::vector<Event> seen;

private:
    static Task<bool> and_true(Task<void> task) {
        co_await std::move(task);
        co_return true;
    }
};

}  // namespace hotreload::test
