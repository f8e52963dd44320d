#pragma once
// Keeps the number of a worker's processes within a limit: the kernel asks here before it makes
// one. RLIMIT_NPROC cannot do it: it does not hold for root, and for others it counts all processes
// of the user. Threads are not counted.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "hotreload/base/asio.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

class ForkSupervisor {
public:
    struct Setting {
        UniqueFd socket;   // the other end was given to the sandboxed process
        pid_t group = -1;  // which it leads and nobody can leave
        std::uint64_t processes_max = 0;
        std::function<void()> refused;  // told once
    };
    ForkSupervisor(asio::any_io_executor executor, Setting setting);
    ~ForkSupervisor();  // from then on no process can be made
    ForkSupervisor(const ForkSupervisor&) = delete;
    ForkSupervisor& operator=(const ForkSupervisor&) = delete;

private:
    struct State;
    std::shared_ptr<State> state_;
};

// The living processes of a group. Reads /proc: some microseconds for each process of the machine.
std::uint64_t count_group(pid_t group);

}  // namespace hotreload
