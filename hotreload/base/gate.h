#pragma once
// Counts the calls inside something that will be retired. After close() nobody enters any more, and
// drained() says when the last one has left. One thread only (the loop's).

#include <memory>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"

namespace hotreload {

class Gate {
    struct State;

public:
    // Being inside: leaves when destroyed. Move-only.
    class Pass {
    public:
        Pass() = default;
        Pass(Pass&&) noexcept;
        Pass& operator=(Pass&&) noexcept;
        ~Pass();
        [[nodiscard]] bool valid() const { return state_ != nullptr; }

    private:
        friend class Gate;
        explicit Pass(std::shared_ptr<State> state);
        std::shared_ptr<State> state_;
    };

    explicit Gate(asio::any_io_executor executor);
    Gate(Gate&&) noexcept;
    Gate& operator=(Gate&&) noexcept;
    ~Gate();

    // An invalid pass when the gate is closed. Call before the first suspension of whatever is to
    // be counted.
    [[nodiscard]] Pass enter();
    void close();
    [[nodiscard]] bool closed() const;
    [[nodiscard]] std::size_t inside() const;

    // Completes when the gate is closed and empty (true), or at the deadline (false).
    Task<bool> drained(Millis deadline);

private:
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
