#pragma once
// Lets so many lines through in a second and counts the rest, so that a flood costs the log one
// line a second.

#include <cstddef>
#include <functional>
#include <memory>

#include "hotreload/base/asio.h"

namespace hotreload {

class Throttle {
public:
    using OnDropped = std::function<void(std::size_t count)>;

    Throttle(asio::any_io_executor executor, std::size_t per_second_max, OnDropped on_dropped);
    ~Throttle();  // what was dropped and not yet told stays untold; see flush()
    Throttle(const Throttle&) = delete;
    Throttle& operator=(const Throttle&) = delete;

    [[nodiscard]] bool admit();
    [[nodiscard]] bool dropping() const;  // something was dropped in the running second
    void flush();                         // tells now what was dropped

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
