#pragma once
// A warm Python process that forks workers: the interpreter and the SDK are imported once, a fork
// costs a millisecond.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/process.h"
#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"
#include "hotreload/event/event_log.h"
#include "hotreload/model/limits.h"

namespace hotreload {

// For so long a nursery may say nothing while workers are waited for. A fork takes it a
// millisecond; on a machine that swaps, seconds. Being wrong costs a second nursery, and no worker.
inline constexpr Millis nursery_silence_max{5'000};

struct NurseryOptions {
    std::filesystem::path python = "/usr/bin/python3";
    std::filesystem::path sdk_dir;     // sdk/python
    std::vector<std::string> preload;  // modules imported before the first fork
    Millis shutdown_grace = limits::shutdown_grace;
    Millis silence_max = nursery_silence_max;
};

// A forked worker. Its parent is the nursery, which reports its end; the pidfd is ours to signal
// by.
struct ForkedWorker {
    pid_t pid = -1;
    UniqueFd pidfd;
};

class Sandbox;

inline constexpr Millis nursery_stop_deadline{5'000};

// What the next worker is to be. It has `socket` as fd 3, and `out` and `err` as 1 and 2.
struct ForkOrder {
    std::string title;
    std::map<std::string, std::string> environment;  // the whole of it
    UniqueFd socket;
    UniqueFd out;
    UniqueFd err;
    int lifeline = -1;                       // far end, borrowed; -1: none
    std::shared_ptr<const Sandbox> sandbox;  // null: none
    UniqueFd supervisor;                     // its other end waits for a supervised one's listener
};

// Why there is no worker.
struct NotForked {
    std::string reason;  // one line for people
    // By a new nursery it may succeed. The order's descriptors are spent: whoever has them may wake
    // up and use them.
    bool again = false;
};

// A process that does not answer is set aside: another one forks from then on, and it stays the
// parent of the workers it has, which go on, until the last of them has ended.
class Nursery {
public:
    Nursery(asio::any_io_executor executor, EventLog& events, NurseryOptions options);
    ~Nursery();

    // Starts the process if it is not running, and waits until it says it is ready. The error is
    // one line for people.
    Task<Result<void, std::string>> ready();
    // Restarts the nursery if it has died.
    Task<Result<ForkedWorker, NotForked>> fork(ForkOrder order);
    // Completes when the nursery has reaped that worker, or has itself gone (then signalled,
    // SIGKILL), or hangs and the worker has ended.
    Task<ExitStatus> exited(pid_t pid);
    // Completes when the process has gone: by itself, or killed at the deadline.
    Task<void> stop(Millis deadline = nursery_stop_deadline);
    [[nodiscard]] pid_t pid() const;  // -1 when not running

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
