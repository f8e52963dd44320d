#pragma once
// For tests: runs a coroutine on a loop until it has ended, and never longer than a deadline.

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"

namespace hotreload {

inline constexpr Millis test_deadline{120'000};  // slow are only sanitizers on a busy machine

// The coroutine's value, or its exception. Work that it leaves behind goes on at the next run.
template <class T>
T run_to_end(asio::io_context& loop, Task<T> task) {
    std::optional<T> value;
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& error, T result) {
        failure = error;
        value.emplace(std::move(result));
        ended = true;
    });
    loop.restart();
    const auto deadline = deadline_after(test_deadline);
    while (!ended && monotonic_now() < deadline && loop.run_one_until(deadline) > 0) {
    }
    if (!ended) throw std::runtime_error("the coroutine did not end in time");
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
}

inline void run_to_end(asio::io_context& loop, Task<void> task) {
    run_to_end(loop, [](Task<void> inner) -> Task<bool> {
        co_await std::move(inner);
        co_return true;
    }(std::move(task)));
}

// Runs until nothing is left to do (true), or the deadline.
inline bool run_dry(asio::io_context& loop) {
    loop.restart();
    loop.run_until(deadline_after(test_deadline));
    return loop.stopped();
}

}  // namespace hotreload
