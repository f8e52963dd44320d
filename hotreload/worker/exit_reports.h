#pragma once
// How forked workers ended, as far as the nursery has told: kept until asked for, the oldest
// forgotten first.

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

#include "hotreload/base/asio.h"
#include "hotreload/base/process.h"
#include "hotreload/worker/arrival.h"

namespace hotreload {

class ExitReports {
public:
    explicit ExitReports(asio::any_io_executor executor);

    void expect(pid_t pid);  // a new worker has that number now
    void report(pid_t pid, ExitStatus status);
    // For a number that was never expected, or is forgotten: signalled, SIGKILL.
    [[nodiscard]] Task<ExitStatus> wait(pid_t pid) const;

private:
    asio::any_io_executor executor_;
    std::map<pid_t, Arrival<ExitStatus>> arrivals_;
    std::deque<pid_t> reported_;
};

}  // namespace hotreload
