#include "tgstats/app/stop_signal.h"

#include <algorithm>
#include <csignal>

namespace tgstats {

StopSignal::StopSignal(const asio::any_io_executor& executor)
    : signals_(executor, SIGINT, SIGTERM) {}

Task<void> StopSignal::wait() {
    const auto [error, number] = co_await signals_.async_wait(hotreload::as_values);
    static_cast<void>(error);
    static_cast<void>(number);
}

Millis StopSignal::taken() const { return last_resort_.counted(); }

Millis StopSignal::left() const { return std::max(Millis{0}, stop_deadline - taken()); }

}  // namespace tgstats
