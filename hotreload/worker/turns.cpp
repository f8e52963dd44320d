#include "hotreload/worker/turns.h"

#include <deque>
#include <utility>

#include "hotreload/base/clock.h"
#include "hotreload/base/condition.h"

namespace hotreload {

struct Turns::State {
    asio::any_io_executor executor;
    std::size_t queue_max;
    bool held = false;
    std::deque<Waiting*> queue;
};

// One place in the queue. A frame that is destroyed after it was given the turn, but before it ran,
// gives it away again.
struct Turns::Waiting {
    explicit Waiting(State& in) : state(in), turn_came(in.executor) { state.queue.push_back(this); }
    ~Waiting() {
        if (granted)
            pass_on(state);
        else
            std::erase(state.queue, this);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    State& state;
    Condition turn_came;
    bool granted = false;
};

Turns::Turn::Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}

Turns::Turn::~Turn() {
    if (state_) pass_on(*state_);
}

Turns::Turns(asio::any_io_executor executor, std::size_t queue_max)
    : state_(std::make_shared<State>(State{std::move(executor), queue_max, false, {}})) {}

std::size_t Turns::waiting() const { return state_->queue.size(); }

Task<std::optional<Turns::Turn>> Turns::take() { return take_from(state_); }

void Turns::pass_on(State& state) {
    if (state.queue.empty()) {
        state.held = false;
        return;
    }
    Waiting* next = state.queue.front();
    state.queue.pop_front();
    next->granted = true;
    next->turn_came.notify_all();
}

Task<std::optional<Turns::Turn>> Turns::take_from(std::shared_ptr<State> state) {
    if (!state->held) {
        state->held = true;
        co_return Turn(state);
    }
    if (state->queue.size() >= state->queue_max) co_return std::nullopt;
    Waiting waiting(*state);
    while (!waiting.granted) co_await waiting.turn_came.wait_until(MonotonicTime::max());
    waiting.granted = false;  // from here on it is the Turn that passes it on
    co_return Turn(state);
}

}  // namespace hotreload
