#include "hotreload/base/lifeline.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace hotreload {

Lifeline Lifeline::open() {
    Lifeline lifeline;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return lifeline;
    lifeline.far_ = UniqueFd(ends[0]);
    lifeline.near_ = UniqueFd(ends[1]);
    return lifeline;
}

void Lifeline::tie(pid_t group) {
    if (!far_.valid()) return;
    // All or nothing: without O_ASYNC no signal is ever sent.
    if (::fcntl(far_.get(), F_SETOWN, -group) == 0 && ::fcntl(far_.get(), F_SETSIG, SIGKILL) == 0)
        ::fcntl(far_.get(), F_SETFL, O_ASYNC);
    far_.reset();
}

}  // namespace hotreload
