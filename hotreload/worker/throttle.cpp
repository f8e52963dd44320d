#include "hotreload/worker/throttle.h"

#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/clock.h"

namespace hotreload {

namespace {
constexpr Millis window_length{1'000};
}

struct Throttle::State {
    State(asio::any_io_executor executor, std::size_t max, OnDropped dropped_lines)
        : window_end(std::move(executor)),
          per_second_max(max),
          on_dropped(std::move(dropped_lines)) {}

    void tell() {
        const std::size_t count = std::exchange(dropped, 0);
        if (count > 0 && on_dropped) on_dropped(count);
    }

    asio::steady_timer window_end;
    std::size_t per_second_max;
    OnDropped on_dropped;
    MonotonicTime window_start{};
    std::size_t admitted = 0;
    std::size_t dropped = 0;
};

Throttle::Throttle(asio::any_io_executor executor, std::size_t per_second_max, OnDropped on_dropped)
    : state_(std::make_shared<State>(std::move(executor), per_second_max, std::move(on_dropped))) {}

Throttle::~Throttle() {
    state_->on_dropped = nullptr;
    state_->window_end.cancel();
}

bool Throttle::admit() {
    State& state = *state_;
    const MonotonicTime now = monotonic_now();
    if (now - state.window_start >= window_length) {
        state.tell();
        state.window_start = now;
        state.admitted = 0;
    }
    if (state.admitted < state.per_second_max) {
        ++state.admitted;
        return true;
    }
    if (state.dropped++ == 0) {
        // The flood may stop with this line: the count must be told all the same.
        state.window_end.expires_at(state.window_start + window_length);
        state.window_end.async_wait([kept = state_](const boost::system::error_code& error) {
            if (!error) kept->tell();
        });
    }
    return false;
}

bool Throttle::dropping() const { return state_->dropped > 0; }

void Throttle::flush() {
    state_->window_end.cancel();
    state_->tell();
}

}  // namespace hotreload
