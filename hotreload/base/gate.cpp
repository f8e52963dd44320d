#include "hotreload/base/gate.h"

#include <utility>

#include "hotreload/base/condition.h"

namespace hotreload {

struct Gate::State {
    explicit State(asio::any_io_executor executor) : changed(std::move(executor)) {}

    [[nodiscard]] bool empty() const { return closed && inside == 0; }
    void leave() {
        --inside;
        if (empty()) changed.notify_all();
    }
    void close() {
        closed = true;
        if (empty()) changed.notify_all();
    }
    static Task<bool> drained(std::shared_ptr<State> self, MonotonicTime deadline) {
        while (!self->empty()) {
            const bool notified = co_await self->changed.wait_until(deadline);
            if (!notified) break;
        }
        co_return self->empty();
    }

    bool closed = false;
    std::size_t inside = 0;
    Condition changed;
};

Gate::Pass::Pass(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->inside; }
Gate::Pass::Pass(Pass&& other) noexcept : state_(std::move(other.state_)) {}
Gate::Pass& Gate::Pass::operator=(Pass&& other) noexcept {
    if (this != &other) {
        const Pass left(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}
Gate::Pass::~Pass() {
    if (state_) state_->leave();
}

Gate::Gate(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
Gate::Gate(Gate&&) noexcept = default;
Gate& Gate::operator=(Gate&& other) noexcept {
    if (this != &other) {
        const Gate replaced(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}
// Whoever still waits for it to drain must not wait for a gate that nobody can close any more.
Gate::~Gate() {
    if (state_) state_->close();
}

Gate::Pass Gate::enter() { return state_->closed ? Pass() : Pass(state_); }
void Gate::close() { state_->close(); }
bool Gate::closed() const { return state_->closed; }
std::size_t Gate::inside() const { return state_->inside; }
Task<bool> Gate::drained(Millis deadline) {
    return State::drained(state_, deadline_after(deadline));
}

}  // namespace hotreload
