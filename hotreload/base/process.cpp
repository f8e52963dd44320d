#include "hotreload/base/process.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>

#include "hotreload/base/condition.h"
#include "hotreload/base/lifeline.h"
#include "hotreload/base/reason.h"
#include "hotreload/base/spawn.h"

namespace hotreload {

namespace {

// Above all numbers that the child expects something at.
int free_number(const SpawnOptions& options) {
    int number = STDERR_FILENO + 1;
    for (const auto& [ours, target] : options.descriptors) number = std::max(number, target + 1);
    return number;
}

}  // namespace

std::string ExitStatus::text() const {
    if (!signalled) return fmt::format("exit status {}", code);
    const char* description = ::sigdescr_np(code);
    return fmt::format("signal {} ({})", code, description != nullptr ? description : "unknown");
}

struct Process::State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor executor, pid_t its_pid, UniqueFd its_pidfd)
        : pid(its_pid), pidfd(executor, its_pidfd.release()), ended(executor) {}
    ~State() { signal(SIGKILL); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    // The handler keeps the state until the child is reaped, whether or not there is still a
    // Process.
    void watch() {
        pidfd.async_wait(asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                             if (error) return;
                             if (self->has_ended())
                                 self->reap();
                             else
                                 self->watch();
                         });
    }

    // A wait may complete for nothing: the loop is told of a descriptor that had this place before.
    // What still runs must not be killed for it.
    [[nodiscard]] bool has_ended() {
        siginfo_t info{};
        const auto fd = static_cast<id_t>(pidfd.native_handle());
        const int asked = ::waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG | WNOWAIT);
        return asked != 0 || info.si_pid != 0;
    }

    void reap() {
        // The dead child still holds its number, so the group cannot be anybody else's yet.
        signal(SIGKILL);
        siginfo_t info{};
        if (::waitid(P_PIDFD, static_cast<id_t>(pidfd.native_handle()), &info, WEXITED) == 0) {
            status = ExitStatus{info.si_code != CLD_EXITED, info.si_status};
        } else {
            status = ExitStatus{true, SIGKILL};  // reaped by somebody else: how it ended is lost
        }
        pidfd.close();
        ended.notify_all();
    }

    void signal(int number) const {
        if (!status) ::kill(-pid, number);
    }

    static Task<std::optional<ExitStatus>> exited(std::shared_ptr<State> self,
                                                  MonotonicTime deadline) {
        while (!self->status) {
            const bool notified = co_await self->ended.wait_until(deadline);
            if (!notified) break;
        }
        co_return self->status;
    }

    static Task<ExitStatus> terminate(std::shared_ptr<State> self, Millis grace) {
        self->signal(SIGTERM);
        auto status = co_await exited(self, deadline_after(grace));
        if (!status) {
            self->signal(SIGKILL);
            status = co_await exited(self, deadline_after(kill_deadline));
        }
        co_return status.value_or(ExitStatus{true, SIGKILL});
    }

    pid_t pid;
    asio::posix::stream_descriptor pidfd;
    std::optional<ExitStatus> status;
    Condition ended;
    Lifeline lifeline;  // tied to the group when it is to die with the host
};

Process::Process(std::shared_ptr<State> state) : state_(std::move(state)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        const Process replaced(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}
Process::~Process() {
    if (state_) state_->signal(SIGKILL);
}

Result<Process, std::string> Process::spawn(asio::any_io_executor executor, SpawnOptions options) {
    Lifeline lifeline = options.die_with_parent ? Lifeline::open() : Lifeline();
    if (lifeline.far_end() >= 0)
        options.descriptors.emplace_back(lifeline.far_end(), free_number(options));
    const auto pid = spawn_child(options);
    if (!pid) return pid.error();
    // The C library's header declares pidfd_open without C linkage.
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!pidfd.valid()) {
        const int error = errno;
        ::kill(-*pid, SIGKILL);
        ::waitpid(*pid, nullptr, 0);
        return fmt::format("cannot watch {}: {}", options.argv[0], error_text(error));
    }
    auto state = std::make_shared<State>(std::move(executor), *pid, std::move(pidfd));
    lifeline.tie(*pid);
    state->lifeline = std::move(lifeline);
    state->watch();
    return Process(std::move(state));
}

pid_t Process::pid() const { return state_->pid; }
bool Process::running() const { return !state_->status; }
void Process::signal(int signal_number) const { state_->signal(signal_number); }
Task<std::optional<ExitStatus>> Process::exited(Millis deadline) {
    return State::exited(state_, deadline_after(deadline));
}
Task<ExitStatus> Process::terminate(Millis grace) { return State::terminate(state_, grace); }

}  // namespace hotreload
