#include "workers/native/worker_process_test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "hotreload/base/coroutine_test.h"

namespace hotreload::native::testing {

namespace {

constexpr int wait_ms_max = 120'000;  // slow are only sanitizers on a busy machine
constexpr int worker_socket = 3;

void await_readable(const UniqueFd& fd, const char* what) {
    pollfd waited{fd.get(), POLLIN, 0};
    if (::poll(&waited, 1, wait_ms_max) <= 0) throw std::runtime_error(what);
}

}  // namespace

WorkerProcess::WorkerProcess() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        throw std::runtime_error("socketpair");
    }
    socket_.reset(ends[0]);
    const UniqueFd theirs(ends[1]);
    auto pattern = (std::filesystem::temp_directory_path() / "native-worker-XXXXXX").string();
    data_dir_ = ::mkdtemp(pattern.data());
    pid_ = ::fork();
    if (pid_ == 0) {
        if (theirs.get() == worker_socket) ::fcntl(worker_socket, F_SETFD, 0);
        if (theirs.get() != worker_socket) ::dup2(theirs.get(), worker_socket);
        ::execl(WORKER, WORKER, "tested", "1", nullptr);
        ::_exit(127);
    }
    pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

WorkerProcess::~WorkerProcess() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(data_dir_);
}

void WorkerProcess::send_line(std::string_view line) {
    while (!line.empty()) {
        const auto sent = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
        if (sent <= 0) throw std::runtime_error("the worker takes nothing more");
        line.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::int64_t WorkerProcess::request(std::string method, json::object params) {
    send(RpcRequest{++last_id_, std::move(method), std::move(params)});
    return last_id_;
}

RpcMessage WorkerProcess::receive() {
    for (;;) {
        if (const auto line = buffer_.next()) {
            auto message = parse_message(*line);
            if (!message) throw std::runtime_error("malformed: " + message.error());
            return std::move(*message);
        }
        await_readable(socket_, "nothing came in time");
        const auto room = buffer_.room();
        const auto got = ::recv(socket_.get(), room.data(), room.size(), 0);
        if (got <= 0) throw std::runtime_error("end of file");
        buffer_.filled(static_cast<std::size_t>(got));
    }
}

WorkerProcess::Outcome WorkerProcess::ask(std::string method, json::object params) {
    return reply_to(request(std::move(method), std::move(params)));
}

WorkerProcess::Outcome WorkerProcess::reply_to(std::int64_t id) {
    for (;;) {
        auto message = receive();
        if (const auto* notification = std::get_if<RpcNotification>(&message)) {
            notifications.push_back(*notification);
        }
        auto* reply = std::get_if<RpcReply>(&message);
        if (reply && reply->id == id) return std::move(reply->outcome);
        if (std::holds_alternative<RpcRequest>(message)) {
            throw std::runtime_error("an unexpected request");
        }
    }
}

WorkerProcess::Outcome WorkerProcess::load(const std::string& entry, json::object config) {
    return ask("load", {{"plugin", "tested"},
                        {"generation", 1},
                        {"language", "cpp"},
                        {"entry", entry},
                        {"roots", json::array()},
                        {"config", std::move(config)},
                        {"data_dir", data_dir_}});
}

WorkerProcess::Outcome WorkerProcess::command(std::string_view name, json::array args) {
    return ask("handle", handle_params("command", name, command_event(std::move(args))));
}

json::object WorkerProcess::handle_params(std::string_view kind, std::string_view name,
                                          json::object event) {
    return {{"offer", {{"kind", kind}, {"name", name}}},
            {"deadline_ms", 30000},
            {"event", std::move(event)}};
}

json::object WorkerProcess::command_event(json::array args) {
    auto event = json::parse(R"({"update_id":41,"now":1794737344,
        "settings":{"timezone":"Europe/Berlin","locale":"de"},
        "message":{"message_id":9,"message_thread_id":77,"is_topic_message":true,
                   "chat":{"id":-100123,"type":"supergroup","title":"Chat"},
                   "from":{"id":5,"first_name":"Ada","last_name":"L"}}})");
    event.get_object()["args"] = std::move(args);
    return std::move(event.get_object());
}

int WorkerProcess::close_and_wait() {
    socket_.reset();
    return wait();
}

int WorkerProcess::wait() {
    await_readable(pidfd_, "the worker did not end in time");
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string fixture(const std::string& name) { return std::string(FIXTURES) + "/" + name + ".so"; }

RunOutcome run(std::vector<std::string> argv) {
    asio::io_context loop;
    RunLimits limits;
    limits.output_bytes_max = 16u << 20;
    SpawnOptions options;
    options.argv = std::move(argv);
    options.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
    auto outcome = run_to_end(loop, run_process(std::move(options), limits));
    if (!outcome) throw std::runtime_error(outcome.error());
    return std::move(*outcome);
}

}  // namespace hotreload::native::testing
