#pragma once
// How many compilers run at once, over all builds together. Loop thread only.

#include <memory>
#include <optional>

#include "hotreload/base/condition.h"

namespace hotreload {

class CompilerSlots {
    struct State {
        State(asio::any_io_executor executor, std::size_t slots)
            : free(slots), changed(std::move(executor)) {}
        std::size_t free;
        Condition changed;
    };

public:
    // Being allowed to run one compiler; given back when destroyed. Move-only.
    class Slot {
    public:
        Slot(Slot&&) noexcept = default;
        Slot& operator=(Slot&&) = delete;
        ~Slot() {
            if (!state_) return;
            ++state_->free;
            state_->changed.notify_all();
        }

    private:
        friend class CompilerSlots;
        explicit Slot(std::shared_ptr<State> state) : state_(std::move(state)) { --state_->free; }
        std::shared_ptr<State> state_;
    };

    CompilerSlots(asio::any_io_executor executor, std::size_t slots)
        : state_(std::make_shared<State>(std::move(executor), slots)) {}

    // nullopt at the deadline.
    Task<std::optional<Slot>> acquire(MonotonicTime deadline) { return acquire(state_, deadline); }

private:
    static Task<std::optional<Slot>> acquire(std::shared_ptr<State> state, MonotonicTime deadline) {
        while (state->free == 0) {
            const bool notified = co_await state->changed.wait_until(deadline);
            if (!notified && state->free == 0) co_return std::nullopt;
        }
        co_return Slot(std::move(state));
    }

    std::shared_ptr<State> state_;
};

}  // namespace hotreload
