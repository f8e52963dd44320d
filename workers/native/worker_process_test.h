#pragma once
// A worker under test: the built program with a socket of ours as its descriptor 3. Every wait has
// a deadline.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/parse.hpp>

#include "hotreload/base/process.h"
#include "hotreload/base/unique_fd.h"
#include "hotreload/rpc/line_buffer.h"
#include "hotreload/rpc/message.h"

namespace hotreload::native::testing {

class WorkerProcess {
public:
    WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;
    ~WorkerProcess();

    using Outcome = Result<json::value, RpcError>;

    void send_line(std::string_view line);
    void send(const RpcMessage& message) { send_line(print(message)); }
    // Sends a request; its id.
    std::int64_t request(std::string method, json::object params);
    // The next message; throws at end of file and at the deadline.
    RpcMessage receive();
    // Sends a request and waits for its reply; notifications in between are kept.
    Outcome ask(std::string method, json::object params = {});
    Outcome reply_to(std::int64_t id);
    Outcome load(const std::string& entry, json::object config = {});
    Outcome command(std::string_view name, json::array args = {});

    static json::object handle_params(std::string_view kind, std::string_view name,
                                      json::object event);
    static json::object command_event(json::array args = {});

    // Closes our end and waits for the process: its exit status, or -signal.
    int close_and_wait();
    int wait();
    [[nodiscard]] const std::string& data_dir() const { return data_dir_; }

    std::vector<RpcNotification> notifications;

private:
    UniqueFd socket_;
    UniqueFd pidfd_;
    LineBuffer buffer_;
    std::string data_dir_;
    pid_t pid_ = -1;
    std::int64_t last_id_ = 0;
};

std::string fixture(const std::string& name);
// Runs a program to its end; throws when it could not be started.
RunOutcome run(std::vector<std::string> argv);

}  // namespace hotreload::native::testing
