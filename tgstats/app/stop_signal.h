#pragma once
// SIGINT and SIGTERM: when one has come, and what is left then of the time that a stop may take.
// Made before anything is started: a signal that comes meanwhile is kept, and its time runs.

#include <boost/asio/signal_set.hpp>

#include "hotreload/base/asio.h"
#include "tgstats/app/last_resort.h"

namespace tgstats {

using hotreload::Task;
namespace asio = boost::asio;

// What is asked to end has so long, all of it together; what has not ended by `stop_bound` is cut
// off. Between the two lies what a busy machine may need for the last steps.
inline constexpr Millis stop_deadline{4'300};
inline constexpr Millis stop_bound{5'000};

class StopSignal {
public:
    explicit StopSignal(const asio::any_io_executor& executor);

    Task<void> wait();
    // Since the signal came; 0 before.
    [[nodiscard]] Millis taken() const;
    // Of stop_deadline.
    [[nodiscard]] Millis left() const;

private:
    asio::signal_set signals_;
    LastResort last_resort_{stop_bound};  // after the handler that it passes the signals on to
};

}  // namespace tgstats
