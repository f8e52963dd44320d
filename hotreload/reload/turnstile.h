#pragma once
// Lets one coroutine through at a time, in the order of arrival. Loop thread only.

#include <memory>
#include <optional>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"

namespace hotreload {

class Turnstile {
    struct State;
    struct Collector;
    struct Collecting;

public:
    // Having the turn: passes it on when destroyed.
    class Turn {
    public:
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&&) = delete;
        ~Turn();

    private:
        friend class Turnstile;
        explicit Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
        std::shared_ptr<State> state_;
    };
    using Turns = std::vector<Turn>;

    explicit Turnstile(asio::any_io_executor executor);
    [[nodiscard]] std::size_t waiting() const;
    // `needed`: somebody who has a turn waits for what shall be done in this one.
    Task<Turn> turn(bool needed = false);
    // Before all who wait already, but for needed ones; nothing when the turn has not come by the
    // deadline.
    Task<std::optional<Turn>> next_turn(Millis deadline);
    // The same of several, which all exist when it begins. It takes them in the moment in which all
    // are free and holds none while it waits, so that whoever has one may wait for another.
    static Task<std::optional<Turns>> next_turns(std::vector<Turnstile*> turnstiles,
                                                 Millis deadline);

private:
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
