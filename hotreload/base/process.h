#pragma once
// Child processes that are owned: started in their own process group, watched through a pidfd,
// ended by one ladder. When the child ends, whatever is left of its group is killed before the
// child is reaped.

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "hotreload/base/unique_fd.h"

namespace hotreload {

// How a process ended.
struct ExitStatus {
    bool signalled = false;
    int code = 0;  // exit status, or the signal's number when signalled

    [[nodiscard]] bool success() const { return !signalled && code == 0; }
    [[nodiscard]] std::string text() const;  // "exit status 3", "signal 11 (Segmentation fault)"
};

struct SpawnOptions {
    std::vector<std::string> argv;           // argv[0] is looked up in PATH when it holds no slash
    std::map<std::string, std::string> env;  // the whole environment: nothing is inherited
    std::filesystem::path working_dir;  // empty: the host's; argv[0] with a slash is relative to it
    std::vector<std::pair<int, int>>
        descriptors;                 // (ours, number in the child); 0, 1, 2: /dev/null unless given
    int nice = 0;                    // added to the host's own niceness
    bool batch = false;              // scheduled as what nobody waits for (SCHED_BATCH)
    bool memory_goes_first = false;  // when there is none left the kernel ends it, not the host
    bool die_with_parent = false;    // with its group killed when the host ends, however that ends
    // The child's last step before its program runs; 0 or errno. It borrows the host's memory, so
    // it may only do what is safe in a signal handler; descriptors from
    // first_descriptor_kept up to then still have the host's numbers.
    std::function<int()> before_exec;
    std::string before_exec_failure;  // for people: "the sandbox cannot be applied"
};

inline constexpr int first_descriptor_kept = 16;

class Process {
public:
    // The error says which step failed and why ("cannot start g++: No such file or directory").
    static Result<Process, std::string> spawn(asio::any_io_executor executor, SpawnOptions options);
    Process(Process&&) noexcept;
    Process& operator=(Process&&) noexcept;
    ~Process();  // kills the group if it still runs, and leaves reaping to the loop; never blocks

    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] bool running() const;
    // To the whole group; ESRCH is not an error.
    void signal(int signal_number) const;
    // Completes when the process has been reaped; nullopt at the deadline. May be awaited by
    // several, again and again.
    Task<std::optional<ExitStatus>> exited(Millis deadline);
    // TERM to the group, then KILL at `grace`, then reaped.
    Task<ExitStatus> terminate(Millis grace);

private:
    struct State;
    explicit Process(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

// What a finished run printed; used for compilers and short tools.
struct RunOutcome {
    ExitStatus status;
    bool timed_out = false;
    bool truncated = false;  // output beyond `output_bytes_max` was read and dropped
    std::string
        output;  // stdout and stderr, as they came; stderr alone when `separate` was asked for
    std::string standard_output;  // stdout when `separate` was asked for
};

struct RunLimits {
    Millis deadline{60'000};
    std::size_t output_bytes_max = 1 << 20;
    bool separate = false;  // keep stdout apart from `output`
};

// Runs to the end, or to the deadline, or until this coroutine is cancelled (the group is killed
// then, too).
Task<Result<RunOutcome, std::string>> run_process(SpawnOptions options, RunLimits limits);

}  // namespace hotreload
