#pragma once
// Keeps the numbers of a worker's processes and threads within limits: the kernel asks here before
// it makes one. RLIMIT_NPROC cannot do it: it does not hold for root, and for others it counts all
// threads of the user.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "hotreload/base/asio.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

struct GroupSize {
    std::uint64_t processes = 0;
    std::uint64_t threads = 0;  // beside the first one of each process
};

class ForkSupervisor {
public:
    enum class Kind { process, thread };
    struct Setting {
        UniqueFd socket;   // the other end was given to the sandboxed process
        pid_t group = -1;  // which it leads and nobody can leave
        GroupSize most;
        std::function<void(Kind)> refused;  // told once of each kind
    };
    ForkSupervisor(asio::any_io_executor executor, Setting setting);
    ~ForkSupervisor();  // from then on none can be made
    ForkSupervisor(const ForkSupervisor&) = delete;
    ForkSupervisor& operator=(const ForkSupervisor&) = delete;

private:
    struct State;
    std::shared_ptr<State> state_;
};

// What lives of a group. Reads /proc: some microseconds for each process of the machine.
GroupSize count_group(pid_t group);

}  // namespace hotreload
