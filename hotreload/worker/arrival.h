#pragma once
// A value that arrives once. Any number of coroutines may wait for it, each under its own deadline.
// Loop thread only.

#include <memory>
#include <optional>
#include <utility>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/condition.h"

namespace hotreload {

template <class T>
class Arrival {
    struct State {
        explicit State(asio::any_io_executor executor) : changed(std::move(executor)) {}
        Condition changed;
        std::optional<T> value;
    };

public:
    explicit Arrival(asio::any_io_executor executor)
        : state_(std::make_shared<State>(std::move(executor))) {}

    // The first value stays; later ones are ignored.
    void set(T value) {
        if (state_->value) return;
        state_->value.emplace(std::move(value));
        state_->changed.notify_all();
    }
    [[nodiscard]] bool arrived() const { return state_->value.has_value(); }
    [[nodiscard]] T& value() { return *state_->value; }
    [[nodiscard]] const T& value() const { return *state_->value; }

    // True when the value is there, false at the deadline. Throws operation_aborted when the
    // coroutine is cancelled.
    [[nodiscard]] Task<bool> wait(Millis deadline) const {
        return wait_until(state_, deadline_after(deadline));
    }
    [[nodiscard]] Task<bool> wait() const { return wait_until(state_, MonotonicTime::max()); }

private:
    static Task<bool> wait_until(std::shared_ptr<State> state, MonotonicTime until) {
        while (!state->value) {
            const bool notified = co_await state->changed.wait_until(until);
            if (!notified) break;
        }
        co_return state->value.has_value();
    }

    std::shared_ptr<State> state_;
};

}  // namespace hotreload
