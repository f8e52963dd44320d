#pragma once
// First come, first served: one holder at a time, and a bounded queue behind it. Loop thread only.

#include <cstddef>
#include <memory>
#include <optional>

#include "hotreload/base/asio.h"

namespace hotreload {

class Turns {
    struct State;
    struct Waiting;

public:
    // Being the holder; passes the turn on when destroyed. Move-only.
    class Turn {
    public:
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&&) = delete;
        ~Turn();

    private:
        friend class Turns;
        explicit Turn(std::shared_ptr<State> state);
        std::shared_ptr<State> state_;
    };

    Turns(asio::any_io_executor executor, std::size_t queue_max);

    // Completes when the turn has come; nullopt, at once, when `queue_max` are waiting already.
    [[nodiscard]] Task<std::optional<Turn>> take();
    [[nodiscard]] std::size_t waiting() const;

private:
    static Task<std::optional<Turn>> take_from(std::shared_ptr<State> state);
    static void pass_on(State& state);
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
