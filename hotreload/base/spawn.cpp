#include "hotreload/base/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "hotreload/base/reason.h"

namespace hotreload {

namespace {

constexpr int exec_failed_status = 127;
// A thousandth of the machine's memory each: the host would have to use half of it more.
constexpr int out_of_memory_offer = 500;
constexpr int out_of_memory_score_max = 1000;

// What went wrong in the child, sent through a pipe that a successful exec closes.
struct Trouble {
    int in_last_step = 0;  // 1: before_exec refused
    int error = 0;
};

// Where there is no /proc the kernel chooses by size alone.
void offer_memory() {
    const int file = ::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    std::array<char, 16> text{};
    int score = 0;
    if (const auto size = ::read(file, text.data(), text.size()); size > 0)
        std::from_chars(text.data(), text.data() + size, score);
    score = std::min(score + out_of_memory_offer, out_of_memory_score_max);
    const auto* end = std::to_chars(text.data(), text.data() + text.size(), score).ptr;
    const auto written = ::write(file, text.data(), static_cast<std::size_t>(end - text.data()));
    static_cast<void>(written);
    ::close(file);
}

// All that the child needs, made ready before the fork: after it nothing may allocate or lock,
// because the child borrows the memory of this process until it runs its program.
class Child {
public:
    explicit Child(const SpawnOptions& options)
        : options_(options), parent_(::getpid()), arguments_(options.argv) {
        for (const auto& [name, value] : options.env)
            environment_.push_back(fmt::format("{}={}", name, value));
        argv_ = pointers(arguments_);
        envp_ = pointers(environment_);
    }

    // 0 or errno. Sources are first moved above all targets: one pair's target may be another
    // pair's source.
    int prepare() {
        std::set<int> targets{0, 1, 2};
        for (const auto& [ours, target] : options_.descriptors) targets.insert(target);
        above_ = *targets.rbegin() + 1;
        for (const auto& [ours, target] : options_.descriptors) {
            moved_.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, above_));
            if (!moved_.back().valid()) return errno;
            given_.emplace_back(moved_.back().get(), target);
            targets.erase(target);
        }
        for (const int number : targets)
            if (number <= STDERR_FILENO) absent_.push_back(number);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
        reports_ = UniqueFd(ends[0]);
        const UniqueFd low(ends[1]);
        report_ = UniqueFd(::fcntl(low.get(), F_DUPFD_CLOEXEC, above_));
        return report_.valid() ? 0 : errno;
    }

    // Does not return. Only what is safe between vfork and exec.
    [[noreturn]] void run() const {
        Trouble trouble;
        trouble.error = settle();
        if (trouble.error == 0 && options_.before_exec) {
            trouble.error = options_.before_exec();
            trouble.in_last_step = trouble.error == 0 ? 0 : 1;
        }
        if (trouble.error == 0) {
            ::execvpe(argv_[0], argv_.data(), envp_.data());
            trouble.error = errno;
        }
        const auto written = ::write(report_.get(), &trouble, sizeof trouble);
        static_cast<void>(written);
        ::_exit(exec_failed_status);
    }

    // What the child reported; nothing when its program runs.
    Trouble outcome() {
        report_.reset();
        Trouble trouble;
        ssize_t count = 0;
        do count = ::read(reports_.get(), &trouble, sizeof trouble);
        while (count < 0 && errno == EINTR);
        return count == sizeof trouble ? trouble : Trouble{};
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> result;
        result.reserve(texts.size() + 1);
        for (auto& text : texts) result.push_back(text.data());
        result.push_back(nullptr);
        return result;
    }

    // A group of its own, none of our signal settings, and the descriptors. 0 or errno.
    int settle() const {
        for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        if (::setpgid(0, 0) != 0) return errno;
        if (options_.die_with_parent) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != parent_) ::_exit(exec_failed_status);
        }
        if (options_.nice != 0) static_cast<void>(::nice(options_.nice) + 0);
        if (options_.batch) {
            const sched_param normal{};
            ::sched_setscheduler(0, SCHED_BATCH, &normal);
        }
        if (options_.memory_goes_first) offer_memory();
        return give();
    }

    int give() const {
        for (const auto& [ours, target] : given_)
            if (::dup2(ours, target) < 0) return errno;
        for (const int number : absent_) {
            const int opened =
                ::open("/dev/null", (number == STDIN_FILENO ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
            if (opened < 0 || ::dup2(opened, number) < 0) return errno;
            // Opened as that very number it would be closed again by exec.
            if (opened == number && ::fcntl(number, F_SETFD, 0) != 0) return errno;
        }
        for (int number = STDERR_FILENO + 1; number < above_; ++number)
            if (std::ranges::find(given_, number, &std::pair<int, int>::second) == given_.end())
                ::close(number);
        if (!options_.working_dir.empty() && ::chdir(options_.working_dir.c_str()) != 0)
            return errno;
        // Not closed yet: the last step may need some of them.
        return ::close_range(static_cast<unsigned>(above_), ~0U, CLOSE_RANGE_CLOEXEC) == 0 ? 0
                                                                                           : errno;
    }

    const SpawnOptions& options_;
    pid_t parent_;
    std::vector<std::string> arguments_;
    std::vector<std::string> environment_;
    std::vector<char*> argv_;
    std::vector<char*> envp_;
    std::vector<UniqueFd> moved_;
    std::vector<std::pair<int, int>> given_;
    std::vector<int> absent_;
    UniqueFd reports_;
    UniqueFd report_;
    int above_ = 0;
};

// In a frame of its own: nothing here is written to between the two returns of vfork.
[[gnu::noinline]] pid_t fork_and_run(const Child& child) {
    const pid_t pid = ::vfork();
    if (pid == 0) child.run();
    return pid;
}

// No handler of ours may run in the child while it borrows our memory.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

std::string why(const SpawnOptions& options, const Trouble& trouble) {
    const auto& program = options.argv[0];
    if (trouble.in_last_step != 0)
        return fmt::format("cannot start {}: {} ({})", program, options.before_exec_failure,
                           error_text(trouble.error));
    std::error_code ignored;
    if (!options.working_dir.empty() &&
        !std::filesystem::is_directory(options.working_dir, ignored)) {
        return fmt::format("cannot start {}: no folder {} to start it in", program,
                           options.working_dir.string());
    }
    return fmt::format("cannot start {}: {}", program, error_text(trouble.error));
}

}  // namespace

Result<pid_t, std::string> spawn_child(const SpawnOptions& options) {
    if (options.argv.empty()) return std::string("cannot start a program without a name");
    Child child(options);
    if (const int error = child.prepare(); error != 0) return why(options, {0, error});
    pid_t pid = -1;
    {
        const SignalsBlocked blocked;
        pid = fork_and_run(child);
    }
    if (pid < 0) return why(options, {0, errno});
    const auto trouble = child.outcome();
    if (trouble.error == 0) return pid;
    ::waitpid(pid, nullptr, 0);
    return why(options, trouble);
}

}  // namespace hotreload
