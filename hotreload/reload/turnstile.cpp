#include "hotreload/reload/turnstile.h"

#include <deque>

#include <boost/asio/steady_timer.hpp>

namespace hotreload {

// A waiter sleeps on its own timer; cancelling the timer is the call. `called` tells a call from a
// cancellation.
struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : timer(executor) {
        timer.expires_at(asio::steady_timer::time_point::max());
    }
    asio::steady_timer timer;
    bool called = false;
};

struct Turnstile::State {
    asio::any_io_executor executor;
    bool taken = false;
    std::deque<std::shared_ptr<Waiter>> queue;

    void pass_on() {
        if (queue.empty()) {
            taken = false;
            return;
        }
        const auto next = queue.front();
        queue.pop_front();
        next->called = true;
        next->timer.cancel();
    }
};

Turnstile::Turn::~Turn() {
    if (state_) state_->pass_on();
}

Turnstile::Turnstile(asio::any_io_executor executor) : state_(std::make_shared<State>()) {
    state_->executor = std::move(executor);
}

std::size_t Turnstile::waiting() const { return state_->queue.size(); }

Task<Turnstile::Turn> Turnstile::turn() {
    const auto state = state_;
    if (!state->taken) {
        state->taken = true;
        co_return Turn(state);
    }
    const auto waiter = std::make_shared<Waiter>(state->executor);
    state->queue.push_back(waiter);
    co_await waiter->timer.async_wait(as_values);
    if (waiter->called) co_return Turn(state);
    std::erase(state->queue, waiter);
    throw boost::system::system_error(asio::error::operation_aborted);
}

Task<std::optional<Turnstile::Turn>> Turnstile::next_turn(Millis deadline) {
    const auto state = state_;
    if (!state->taken) {
        state->taken = true;
        co_return Turn(state);
    }
    const auto waiter = std::make_shared<Waiter>(state->executor);
    waiter->timer.expires_after(deadline);
    state->queue.push_front(waiter);
    const auto [error] = co_await waiter->timer.async_wait(as_values);
    if (waiter->called) co_return Turn(state);
    std::erase(state->queue, waiter);
    if (error) throw boost::system::system_error(error);
    co_return std::nullopt;
}

}  // namespace hotreload
