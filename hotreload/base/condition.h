#pragma once
// What a coroutine waits on until somebody says that something has changed. Loop thread only; the
// waiter looks again after each wake-up, so a spurious one does no harm.

#include <memory>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"

namespace hotreload {

class Condition {
public:
    explicit Condition(asio::any_io_executor executor);
    ~Condition();  // wakes everybody
    Condition(const Condition&) = delete;
    Condition& operator=(const Condition&) = delete;

    void notify_all();
    // True when notified, false at the deadline. Throws operation_aborted when the waiting
    // coroutine is cancelled.
    Task<bool> wait_until(MonotonicTime deadline);

private:
    struct Core;
    std::shared_ptr<Core> core_;
};

}  // namespace hotreload
