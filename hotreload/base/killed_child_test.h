#pragma once
// For tests: a child process that works until it is killed in the midst of it.

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <stdexcept>

#include "hotreload/base/unique_fd.h"

namespace hotreload {

// Runs `step` again and again in a forked child, which gets SIGKILL when `moment` has passed. True
// when the child was killed; false when a step returned false (or threw) before.
template <class Step>
bool killed_midway(std::chrono::nanoseconds moment, Step step) {
    const auto child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) {
        try {
            while (step()) {
            }
        } catch (const std::exception&) {
        }
        ::_exit(1);
    }
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    pollfd end{pidfd.get(), POLLIN, 0};
    const auto whole = std::chrono::floor<std::chrono::seconds>(moment);
    const timespec limit{whole.count(), static_cast<long>((moment - whole).count())};
    ::ppoll(&end, 1, &limit, nullptr);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace hotreload
