#pragma once
// A loop that a test drives step by step, with a folder and an event log of its own.

#include <stdlib.h>

#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "hotreload/event/event_log.h"

namespace hotreload {

class LoopTest : public ::testing::Test {
protected:
    static constexpr Millis deadline{120'000};  // for what needs a compiler on a busy machine
    void SetUp() override {
        auto name = (std::filesystem::temp_directory_path() / "engine-test-XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

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

    std::filesystem::path folder_;
    asio::io_context loop_{1};
    EventLog events_{loop_.get_executor()};
};

}  // namespace hotreload
