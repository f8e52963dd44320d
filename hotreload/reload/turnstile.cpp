#include "hotreload/reload/turnstile.h"

#include <algorithm>
#include <deque>

#include <boost/asio/steady_timer.hpp>

namespace hotreload {

// A waiter sleeps on its own timer; cancelling the timer is the call. `called` tells a call from a
// cancellation.
struct Waiter {
    Waiter(const asio::any_io_executor& executor, bool is_needed)
        : timer(executor), needed(is_needed) {
        timer.expires_at(asio::steady_timer::time_point::max());
    }
    asio::steady_timer timer;
    bool needed;
    bool called = false;
};

// Waits for several turns at once. Meanwhile none of them goes to who is not needed.
struct Turnstile::Collector : std::enable_shared_from_this<Collector> {
    Collector(const asio::any_io_executor& executor, Millis deadline)
        : timer(executor, deadline_after(deadline)) {}

    void wait_at(std::vector<std::shared_ptr<State>> all);
    bool take_all();
    void leave();
    void give_up();

    asio::steady_timer timer;
    std::vector<std::shared_ptr<State>> states;
    bool called = false;
};

struct Turnstile::State {
    asio::any_io_executor executor;
    bool taken = false;
    std::deque<std::shared_ptr<Waiter>> queue;
    std::vector<std::shared_ptr<Collector>> collectors;

    void pass_on() {
        taken = false;
        const auto next = std::ranges::find_if(
            queue, [this](const auto& waiter) { return collectors.empty() || waiter->needed; });
        if (next == queue.end()) {
            const auto waiting = collectors;
            static_cast<void>(std::ranges::any_of(
                waiting, [](const auto& collector) { return collector->take_all(); }));
            return;
        }
        const auto waiter = *next;
        queue.erase(next);
        taken = waiter->called = true;
        waiter->timer.cancel();
    }
};

void Turnstile::Collector::wait_at(std::vector<std::shared_ptr<State>> all) {
    states = std::move(all);
    for (const auto& state : states) state->collectors.push_back(shared_from_this());
    take_all();
}

bool Turnstile::Collector::take_all() {
    if (std::ranges::any_of(states, [](const auto& state) { return state->taken; })) return false;
    leave();
    for (const auto& state : states) state->taken = true;
    called = true;
    timer.cancel();
    return true;
}

void Turnstile::Collector::leave() {
    const auto self = shared_from_this();
    for (const auto& state : states) std::erase(state->collectors, self);
}

void Turnstile::Collector::give_up() {
    leave();
    for (const auto& state : states)
        if (!state->taken) state->pass_on();
}

// However the waiting ends, nobody is held up by it afterwards.
struct Turnstile::Collecting {
    explicit Collecting(std::shared_ptr<Collector> its_collector)
        : collector(std::move(its_collector)) {}
    ~Collecting() {
        if (!collector->called) collector->give_up();
    }
    Collecting(const Collecting&) = delete;
    Collecting& operator=(const Collecting&) = delete;

    std::shared_ptr<Collector> collector;
};

Turnstile::Turn::~Turn() {
    if (state_) state_->pass_on();
}

Turnstile::Turnstile(asio::any_io_executor executor) : state_(std::make_shared<State>()) {
    state_->executor = std::move(executor);
}

std::size_t Turnstile::waiting() const { return state_->queue.size(); }

Task<Turnstile::Turn> Turnstile::turn(bool needed) {
    const auto state = state_;
    if (!state->taken && (needed || state->collectors.empty())) {
        state->taken = true;
        co_return Turn(state);
    }
    const auto waiter = std::make_shared<Waiter>(state->executor, needed);
    state->queue.push_back(waiter);
    co_await waiter->timer.async_wait(as_values);
    if (waiter->called) co_return Turn(state);
    std::erase(state->queue, waiter);
    throw boost::system::system_error(asio::error::operation_aborted);
}

Task<std::optional<Turnstile::Turn>> Turnstile::next_turn(Millis deadline) {
    std::vector<Turnstile*> one{this};
    auto turns = co_await next_turns(std::move(one), deadline);
    if (!turns) co_return std::nullopt;
    co_return std::move(turns->front());
}

Task<std::optional<Turnstile::Turns>> Turnstile::next_turns(std::vector<Turnstile*> turnstiles,
                                                            Millis deadline) {
    Turns turns;
    if (turnstiles.empty()) co_return turns;
    std::vector<std::shared_ptr<State>> states;
    for (const auto* turnstile : turnstiles) states.push_back(turnstile->state_);
    const auto collector = std::make_shared<Collector>(states.front()->executor, deadline);
    const Collecting collecting(collector);
    collector->wait_at(states);
    if (!collector->called) {
        const auto [error] = co_await collector->timer.async_wait(as_values);
        if (!collector->called && error) throw boost::system::system_error(error);
    }
    if (!collector->called) co_return std::nullopt;
    for (auto& state : states) turns.push_back(Turn(std::move(state)));
    co_return turns;
}

}  // namespace hotreload
