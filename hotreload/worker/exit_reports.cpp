#include "hotreload/worker/exit_reports.h"

#include <algorithm>
#include <csignal>

namespace hotreload {

namespace {

constexpr std::size_t reports_kept_max = 1'024;

Task<ExitStatus> status_of(Arrival<ExitStatus> arrival) {
    const bool arrived = co_await arrival.wait();
    co_return arrived ? arrival.value() : ExitStatus{true, SIGKILL};
}

}  // namespace

ExitReports::ExitReports(asio::any_io_executor executor) : executor_(std::move(executor)) {}

void ExitReports::expect(pid_t pid) {
    std::erase(reported_, pid);
    arrivals_.insert_or_assign(pid, Arrival<ExitStatus>(executor_));
}

void ExitReports::report(pid_t pid, ExitStatus status) {
    const auto found = arrivals_.find(pid);
    if (found == arrivals_.end() || found->second.arrived()) return;
    found->second.set(status);
    reported_.push_back(pid);
    if (reported_.size() <= reports_kept_max) return;
    arrivals_.erase(reported_.front());
    reported_.pop_front();
}

Task<ExitStatus> ExitReports::wait(pid_t pid) const {
    const auto found = arrivals_.find(pid);
    if (found != arrivals_.end()) return status_of(found->second);
    Arrival<ExitStatus> unknown(executor_);
    unknown.set({true, SIGKILL});
    return status_of(std::move(unknown));
}

}  // namespace hotreload
