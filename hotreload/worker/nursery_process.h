#pragma once
// One run of the nursery program: started once, gone once. Nursery replaces it when it is gone or
// does not answer.

#include <sys/types.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "hotreload/base/asio.h"
#include "hotreload/base/process.h"
#include "hotreload/base/result.h"
#include "hotreload/event/event_log.h"
#include "hotreload/rpc/message.h"
#include "hotreload/worker/arrival.h"
#include "hotreload/worker/control_channel.h"
#include "hotreload/worker/exit_reports.h"
#include "hotreload/worker/nursery.h"
#include "hotreload/worker/output_capture.h"

namespace hotreload {

class NurseryProcess : public std::enable_shared_from_this<NurseryProcess> {
public:
    struct Setting {
        asio::any_io_executor executor;
        EventLog* events;
        std::shared_ptr<ExitReports> exits;
        Millis shutdown_grace;  // end of the conversation to SIGTERM
    };
    static Result<std::shared_ptr<NurseryProcess>, std::string> start(
        Setting setting, const NurseryOptions& options);

    using Order = std::shared_ptr<const ForkOrder>;
    Task<Result<ForkedWorker, std::string>> fork(Order order);
    Task<Result<void, std::string>> ready();

    // Ends the conversation: the program ends by itself, or is made to.
    void close();
    void kill() { process_.signal(SIGKILL); }
    // No event is emitted any more: the event log may go.
    void mute() { setting_.events = nullptr; }
    [[nodiscard]] bool closed() const { return !control_.is_open(); }
    // It did not answer: nothing more is asked of it, and it ends with the last of its workers.
    [[nodiscard]] bool set_aside() const { return set_aside_; }
    [[nodiscard]] bool ended() const { return gone_.arrived(); }
    // Completes when the process has been reaped.
    Task<bool> gone() { return gone_.wait(); }
    // False at the deadline.
    Task<bool> gone(Millis deadline) { return gone_.wait(deadline); }
    [[nodiscard]] pid_t pid() const { return process_.pid(); }
    [[nodiscard]] const std::string& why_gone() const { return why_gone_; }

    // Public for make_shared only.
    NurseryProcess(Setting setting, Process process, SocketPair control,
                   std::array<SocketPair, 2> outputs, Millis silence_max);

private:
    using Self = std::shared_ptr<NurseryProcess>;
    using Forked = Result<ForkedWorker, std::string>;

    static Task<void> run(Self self);
    static Task<std::string> send(Self self, std::string text, std::vector<int> descriptors);
    static Task<Forked> fork_by(Self self, Order order);
    static Task<bool> answered(Self self, Arrival<Forked> reply);
    static Task<Result<void, std::string>> ready_by(Self self);
    static Task<void> watch_worker(Self self, pid_t pid);

    void take(ControlPacket packet);
    void take_forked(std::int64_t id, const json::object& message, ControlPacket& packet);
    void take_exited(pid_t pid, const json::object& message);
    void end(ExitStatus status);
    void put_aside();
    void forget_worker(pid_t pid, ExitStatus status);
    void complain(std::string reason);

    Setting setting_;
    Process process_;
    asio::posix::stream_descriptor control_;
    OutputCapture out_;
    OutputCapture err_;
    Arrival<std::string> ready_;  // empty: ready; otherwise why it never was
    Arrival<ExitStatus> gone_;
    std::map<std::int64_t, Arrival<Forked>> forks_;
    std::set<pid_t> workers_;
    std::int64_t next_id_ = 1;
    Millis silence_max_;
    MonotonicTime heard_ = monotonic_now();  // of its last word
    bool set_aside_ = false;
    std::string why_gone_;
};

}  // namespace hotreload
