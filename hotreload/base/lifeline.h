#pragma once
// Ends a whole process group when the host is gone, however it went. The signal that a dead parent
// sends (PR_SET_PDEATHSIG) reaches only the child itself; what the child has started would live on.
//
// The group holds the reading end of a pipe to which nothing is ever written. When the host closes
// the other end, or the kernel does it for a killed host, the kernel sends SIGKILL to the owner of
// the reading end, which is the group (F_SETOWN, F_SETSIG in fcntl(2)).

#include <sys/types.h>

#include "hotreload/base/unique_fd.h"

namespace hotreload {

class Lifeline {
public:
    // Holds nothing where no descriptor is to be had: the group's children may then outlive the
    // host.
    static Lifeline open();

    // For the group's first process, which must keep it open; -1 where there is none or it is tied.
    [[nodiscard]] int far_end() const { return far_.get(); }
    // The group exists and its first process has got the far end; ours of it is closed.
    void tie(pid_t group);

private:
    UniqueFd near_;
    UniqueFd far_;
};

}  // namespace hotreload
