#pragma once
// Lets one coroutine through at a time, in the order of arrival. Loop thread only.

#include <memory>
#include <optional>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"

namespace hotreload {

class Turnstile {
    struct State;

public:
    // Having the turn: passes it on when destroyed.
    class Turn {
    public:
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&&) noexcept = default;
        ~Turn();

    private:
        friend class Turnstile;
        explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
        std::shared_ptr<State> state_;
    };

    explicit Turnstile(asio::any_io_executor executor);
    [[nodiscard]] std::size_t waiting() const;
    Task<Turn> turn();
    // Before all who wait already; nothing when the turn has not come by the deadline.
    Task<std::optional<Turn>> next_turn(Millis deadline);

private:
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
