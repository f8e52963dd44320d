#include "hotreload/worker/launch.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "hotreload/base/lifeline.h"
#include "hotreload/sandbox/sandbox.h"
#include "hotreload/worker/control_channel.h"
#include "hotreload/worker/nursery.h"

namespace hotreload {

namespace {

constexpr int fork_attempts_max = 2;  // the second by a new nursery, when the first fell silent

struct Channels {
    SocketPair socket;
    SocketPair out;
    SocketPair err;
    SocketPair supervisor;  // only where a sandbox asks for it
};

Result<Channels, std::string> open_channels(const Sandbox* sandbox) {
    auto socket = socket_pair(SOCK_STREAM);
    auto out = pipe_pair();
    auto err = pipe_pair();
    auto supervisor =
        sandbox != nullptr && sandbox->supervised() ? socket_pair(SOCK_SEQPACKET) : SocketPair();
    for (const auto* pair : {&socket, &out, &err, &supervisor}) {
        if (!*pair) return "cannot open the worker's channels: " + pair->error().message();
    }
    return Channels{*std::move(socket), *std::move(out), *std::move(err), *std::move(supervisor)};
}

// Nothing of the host's environment: tokens and search paths stay with the host.
std::map<std::string, std::string> clean_environment(const WorkerOptions& options) {
    const auto& home = options.working_dir;
    const std::string own = home.empty() ? "/nonexistent" : home.string();
    std::map<std::string, std::string> environment{
        {"PATH", "/usr/local/bin:/usr/bin:/bin"},
        {"HOME", own},
        {"XDG_CACHE_HOME", own + "/.cache"},  // fontconfig keeps its cache there
        {"LANG", "C.UTF-8"},
        {"TZ", "UTC"}};
    if (options.temporary_dir) environment["TMPDIR"] = options.temporary_dir->string();
    return environment;
}

class NativeProcess final : public WorkerProcess {
public:
    explicit NativeProcess(Process process) : process_(std::move(process)) {}
    [[nodiscard]] pid_t pid() const override { return process_.pid(); }
    void signal(int signal_number) const override { process_.signal(signal_number); }
    Task<ExitStatus> exited() override {
        const std::optional<ExitStatus> status = co_await process_.exited(Millis::max());
        co_return status.value_or(ExitStatus{true, SIGKILL});
    }

private:
    Process process_;
};

// Kills what a reaped group leader has left behind. As long as the group has a member its number is
// not given to a new process: where no process has that number, the group, if there is one, is the
// old one.
void kill_orphans(pid_t group) {
    if (::kill(group, 0) != 0 && errno == ESRCH) ::kill(-group, SIGKILL);
}

class ForkedProcess final : public WorkerProcess {
public:
    // The wait is asked for at once: it may run longer than the nursery lives, and knows what to do
    // then.
    ForkedProcess(ForkedWorker worker, Lifeline lifeline, Nursery& nursery)
        : worker_(std::move(worker)),
          lifeline_(std::move(lifeline)),
          exited_(nursery.exited(worker_.pid)) {
        lifeline_.tie(worker_.pid);
    }

    [[nodiscard]] pid_t pid() const override { return worker_.pid; }
    void signal(int signal_number) const override {
        // The pidfd cannot hit a stranger. It also says that the pid, and with it the group's
        // number, is still the worker's own.
        if (::syscall(SYS_pidfd_send_signal, worker_.pidfd.get(), 0, nullptr, 0) != 0) return;
        ::kill(-worker_.pid, signal_number);
        ::syscall(SYS_pidfd_send_signal, worker_.pidfd.get(), signal_number, nullptr, 0);
    }
    Task<ExitStatus> exited() override {
        const ExitStatus status = co_await std::move(exited_);
        kill_orphans(worker_.pid);
        co_return status;
    }

private:
    ForkedWorker worker_;
    Lifeline lifeline_;
    Task<ExitStatus> exited_;
};

Result<Launched, std::string> launch_native(asio::any_io_executor executor,
                                            const WorkerOptions& options, Channels channels) {
    SpawnOptions spawn{
        .argv = {options.native_worker.string(), options.identity.plugin,
                 std::to_string(options.identity.generation)},
        .env = clean_environment(options),
        .working_dir = options.working_dir,
        .descriptors = {{channels.out.theirs.get(), 1},
                        {channels.err.theirs.get(), 2},
                        {channels.socket.theirs.get(), 3}},
        .memory_goes_first = true,
        .die_with_parent = true,
    };
    if (options.refuse_exec) spawn.argv.emplace_back("no-exec");
    // Out of the way of the numbers that the child's own descriptors get.
    const UniqueFd supervisor(
        channels.supervisor.theirs.valid()
            ? ::fcntl(channels.supervisor.theirs.get(), F_DUPFD_CLOEXEC, first_descriptor_kept)
            : -1);
    if (options.sandbox) {
        spawn.before_exec = [sandbox = options.sandbox.get(), socket = supervisor.get()] {
            return sandbox->enforce(socket);
        };
        spawn.before_exec_failure = "its sandbox cannot be applied";
    }
    auto process = Process::spawn(std::move(executor), spawn);
    if (!process) return process.error();
    return Launched{std::make_unique<NativeProcess>(*std::move(process)),
                    std::move(channels.socket.ours), std::move(channels.out.ours),
                    std::move(channels.err.ours), std::move(channels.supervisor.ours)};
}

Task<Result<Launched, NotForked>> launch_forked(WorkerOptions options, Channels channels) {
    auto lifeline = Lifeline::open();
    ForkOrder order{
        .title = options.identity.plugin + "#" + std::to_string(options.identity.generation),
        .environment = clean_environment(options),
        .socket = std::move(channels.socket.theirs),
        .out = std::move(channels.out.theirs),
        .err = std::move(channels.err.theirs),
        .lifeline = lifeline.far_end(),
        .sandbox = options.sandbox,
        .supervisor = std::move(channels.supervisor.theirs)};
    auto forked = co_await options.nursery->fork(std::move(order));
    if (!forked) co_return forked.error();
    Launched launched{
        std::make_unique<ForkedProcess>(*std::move(forked), std::move(lifeline), *options.nursery),
        std::move(channels.socket.ours), std::move(channels.out.ours), std::move(channels.err.ours),
        std::move(channels.supervisor.ours)};
    co_return launched;
}

}  // namespace

Task<Result<Launched, std::string>> launch(asio::any_io_executor executor, WorkerOptions options) {
    const bool python = options.identity.language == Language::python;
    if (python && !options.nursery)
        co_return std::string("there is no nursery to start Python workers from");
    for (int attempt = 1;; ++attempt) {
        auto channels = open_channels(options.sandbox.get());
        if (!channels) co_return channels.error();
        if (!python) co_return launch_native(std::move(executor), options, *std::move(channels));
        auto forked = co_await launch_forked(options, *std::move(channels));
        if (forked) co_return *std::move(forked);
        if (!forked.error().again || attempt == fork_attempts_max) co_return forked.error().reason;
    }
}

}  // namespace hotreload
