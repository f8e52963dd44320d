#include "hotreload/base/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <set>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>

#include "hotreload/base/condition.h"

namespace hotreload {

namespace {

// How long the kernel may take to end what got SIGKILL; only a process stuck inside the kernel
// takes longer.
constexpr Millis kill_deadline{10'000};

std::string error_text(int error) {
    return ::strerrordesc_np(error) != nullptr ? ::strerrordesc_np(error) : "unknown error";
}

// The descriptors a child gets, in the form posix_spawn wants them.
class FileActions {
public:
    FileActions() { ::posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;

    // 0 or errno. Sources are first moved above all targets: one pair's target may be another
    // pair's source.
    int give(const std::vector<std::pair<int, int>>& descriptors) {
        std::set<int> targets{0, 1, 2};
        for (const auto& [ours, target] : descriptors) targets.insert(target);
        const int above = *targets.rbegin() + 1;
        std::set<int> given;
        for (const auto& [ours, target] : descriptors) {
            UniqueFd moved(::fcntl(ours, F_DUPFD_CLOEXEC, above));
            if (!moved.valid()) return errno;
            ::posix_spawn_file_actions_adddup2(&actions_, moved.get(), target);
            given.insert(target);
            moved_.push_back(std::move(moved));
        }
        for (int fd = 0; fd < above; ++fd) {
            if (given.contains(fd)) continue;
            if (fd > 2) {
                ::posix_spawn_file_actions_addclose(&actions_, fd);
            } else {
                ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null",
                                                   fd == 0 ? O_RDONLY : O_WRONLY, 0);
            }
        }
        return ::posix_spawn_file_actions_addclosefrom_np(&actions_, above);
    }

    void enter(const std::filesystem::path& dir) {
        if (!dir.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, dir.c_str());
    }
    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
    std::vector<UniqueFd> moved_;
};

// A group of its own, and none of our signal settings.
class SpawnAttributes {
public:
    SpawnAttributes() {
        ::posix_spawnattr_init(&attributes_);
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

// The child's pid. posix_spawnp looks in the PATH of this process, not in the child's.
Result<pid_t, std::string> start(const SpawnOptions& options) {
    if (options.argv.empty()) return std::string("cannot start a program without a name");
    const auto failed = [&](int error) {
        return fmt::format("cannot start {}: {}", options.argv[0], error_text(error));
    };
    FileActions actions;
    actions.enter(options.working_dir);
    if (const int error = actions.give(options.descriptors); error != 0) return failed(error);

    auto arguments = options.argv;
    std::vector<std::string> environment;
    for (const auto& [name, value] : options.env)
        environment.push_back(fmt::format("{}={}", name, value));
    const SpawnAttributes attributes;
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, arguments[0].c_str(), actions.get(), attributes.get(),
                                     pointers(arguments).data(), pointers(environment).data());
    if (error == 0) return pid;
    std::error_code ignored;
    if (!options.working_dir.empty() &&
        !std::filesystem::is_directory(options.working_dir, ignored)) {
        return fmt::format("cannot start {}: no folder {} to start it in", options.argv[0],
                           options.working_dir.string());
    }
    return failed(error);
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
                             if (!error) self->reap();
                         });
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

Result<Process, std::string> Process::spawn(asio::any_io_executor executor,
                                            const SpawnOptions& options) {
    const auto pid = start(options);
    if (!pid) return pid.error();
    if (options.nice != 0) {
        errno = 0;
        const int own = ::getpriority(PRIO_PROCESS, 0);
        ::setpriority(PRIO_PGRP, static_cast<id_t>(*pid), own + options.nice);
    }
    // The C library's header declares pidfd_open without C linkage.
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
    if (!pidfd.valid()) {
        const int error = errno;
        ::kill(-*pid, SIGKILL);
        ::waitpid(*pid, nullptr, 0);
        return fmt::format("cannot watch {}: {}", options.argv[0], error_text(error));
    }
    auto state = std::make_shared<State>(std::move(executor), *pid, std::move(pidfd));
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
