#pragma once
// Starting a worker's process, whichever language it is for: a native program, or a fork of the
// nursery.

#include <sys/types.h>

#include <memory>
#include <string>

#include "hotreload/base/asio.h"
#include "hotreload/base/process.h"
#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"
#include "hotreload/worker/worker.h"

namespace hotreload {

// A worker's process, whoever its parent is.
class WorkerProcess {
public:
    virtual ~WorkerProcess() = default;
    [[nodiscard]] virtual pid_t pid() const = 0;
    // To the whole group, as long as the process has not been reaped.
    virtual void signal(int signal_number) const = 0;
    // Completes when the process has been reaped. Called once.
    virtual Task<ExitStatus> exited() = 0;
};

struct Launched {
    std::unique_ptr<WorkerProcess> process;
    UniqueFd socket;  // our end of the conversation
    UniqueFd out;     // reading ends of what it prints
    UniqueFd err;
    UniqueFd supervisor;  // where a sandboxed worker's listener arrives; invalid: it has none
};

// The error is one line for people.
Task<Result<Launched, std::string>> launch(asio::any_io_executor executor, WorkerOptions options);

}  // namespace hotreload
