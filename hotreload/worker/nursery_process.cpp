#include "hotreload/worker/nursery_process.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <charconv>
#include <csignal>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/base/base64.h"
#include "hotreload/model/limits.h"
#include "hotreload/sandbox/sandbox.h"

namespace hotreload {

namespace {

// Once in the host's life, perhaps beside a dozen compilers; who waits for a worker waits for this.
constexpr Millis ready_deadline{120'000};
// A worker's end to what a nursery that was set aside may yet say of it.
constexpr Millis report_grace{200};

std::optional<std::int64_t> number(const json::object& message, std::string_view name) {
    const json::value* value = message.if_contains(name);
    if (!value || !value->is_int64()) return std::nullopt;
    return value->as_int64();
}

ExitStatus from_wait_status(std::int64_t raw) {
    const int status = static_cast<int>(raw);
    if (WIFSIGNALED(status)) return {true, WTERMSIG(status)};
    return {false, WEXITSTATUS(status)};
}

// How a process has ended that nobody has reaped: the last field of its stat, as waitpid gives it.
ExitStatus status_of_unreaped(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    const auto last = stat.rfind(' ');
    std::int64_t raw = SIGKILL;
    if (last != std::string::npos)
        std::from_chars(stat.data() + last + 1, stat.data() + stat.size(), raw);
    return from_wait_status(raw);
}

std::string_view last_line(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    const auto newline = text.rfind('\n');
    return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

std::vector<std::string> command_line(const NurseryOptions& options) {
    std::vector<std::string> argv{options.python.string(), "-I", "-B",
                                  (options.sdk_dir / "hotreload" / "nursery.py").string()};
    if (!options.preload.empty()) {
        argv.emplace_back("--preload");
        argv.push_back(fmt::format("{}", fmt::join(options.preload, ",")));
    }
    return argv;
}

// The limits that setrlimit is to set, by the names that Python has for them.
json::object limits_of(const ResourceLimits& limits) {
    json::object all{{"RLIMIT_CORE", 0}};
    const auto add = [&](const char* name, const std::optional<std::uint64_t>& most) {
        if (most) all[name] = *most;
    };
    add("RLIMIT_DATA", limits.memory_bytes);
    if (limits.memory_bytes) all["RLIMIT_AS"] = *limits.memory_bytes + address_room_bytes;
    add("RLIMIT_FSIZE", limits.file_bytes);
    add("RLIMIT_CPU", limits.cpu_seconds);
    add("RLIMIT_NOFILE", limits.files);
    return all;
}

// The descriptors in the order that the nursery expects, and words for what is there.
std::vector<int> describe(const ForkOrder& order, json::object& words) {
    std::vector<int> descriptors{order.socket.get(), order.out.get(), order.err.get()};
    json::object environment;
    for (const auto& [name, value] : order.environment) environment[name] = value;
    words["title"] = order.title;
    words["env"] = std::move(environment);
    if (order.lifeline >= 0) descriptors.push_back(order.lifeline);
    words["lifeline"] = order.lifeline >= 0;
    if (!order.sandbox) return descriptors;
    const auto& sandbox = *order.sandbox;
    if (sandbox.ruleset() >= 0) descriptors.push_back(sandbox.ruleset());
    if (sandbox.supervised()) descriptors.push_back(order.supervisor.get());
    words["sandbox"] = {{"landlock", sandbox.ruleset() >= 0},
                        {"supervised", sandbox.supervised()},
                        {"filter", base64_encode(sandbox.filter())},
                        {"limits", limits_of(sandbox.limits())}};
    return descriptors;
}

}  // namespace

Result<std::shared_ptr<NurseryProcess>, std::string> NurseryProcess::start(
    Setting setting, const NurseryOptions& options) {
    auto control = socket_pair(SOCK_SEQPACKET);
    auto out = pipe_pair();
    auto err = pipe_pair();
    for (const auto* pair : {&control, &out, &err}) {
        if (!*pair) return "cannot open the nursery's channels: " + pair->error().message();
    }
    const SpawnOptions spawn{
        .argv = command_line(options),
        .env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                {"HOME", "/nonexistent"},
                {"LANG", "C.UTF-8"},
                {"TZ", "UTC"}},
        .working_dir = "/",
        .descriptors = {{out->theirs.get(), 1}, {err->theirs.get(), 2}, {control->theirs.get(), 3}},
        .die_with_parent = true,
    };
    auto process = Process::spawn(setting.executor, spawn);
    if (!process) return process.error();
    auto self = std::make_shared<NurseryProcess>(
        std::move(setting), *std::move(process), *std::move(control),
        std::array{*std::move(out), *std::move(err)}, options.silence_max);
    // The run owns this object, and ends with the process; nobody has to wait for it.
    asio::co_spawn(self->setting_.executor, run(self), [self](const std::exception_ptr& error) {
        if (!error) return;
        self->complain("the conversation with the nursery ended by an exception");
        self->close();
        self->process_.signal(SIGKILL);
        self->end({true, SIGKILL});
    });
    return self;
}

NurseryProcess::NurseryProcess(Setting setting, Process process, SocketPair control,
                               std::array<SocketPair, 2> outputs, Millis silence_max)
    : setting_(std::move(setting)),
      process_(std::move(process)),
      control_(setting_.executor, control.ours.release()),
      out_(setting_.executor, std::move(outputs[0].ours),
           [this](std::string line) { complain(std::move(line)); }),
      err_(setting_.executor, std::move(outputs[1].ours),
           [this](std::string line) { complain(std::move(line)); }),
      ready_(setting_.executor),
      gone_(setting_.executor),
      silence_max_(silence_max) {}

void NurseryProcess::complain(std::string reason) {
    if (setting_.events)
        setting_.events->emit(EventType::internal_error,
                              {{"task", "nursery"}, {"reason", std::move(reason)}});
}

void NurseryProcess::close() {
    boost::system::error_code ignored;
    control_.close(ignored);
}

Task<void> NurseryProcess::run(Self self) {
    while (!self->closed()) {
        auto packet = receive_packet(self->control_.native_handle());
        if (packet) {
            self->take(*std::move(packet));
        } else if (packet.error() == std::errc::operation_would_block) {
            co_await self->control_.async_wait(asio::posix::stream_descriptor::wait_read,
                                               as_values);
        } else if (packet.error() != std::errc::interrupted) {
            self->close();
        }
    }
    std::optional<ExitStatus> status =
        co_await self->process_.exited(self->setting_.shutdown_grace);
    if (!status) status = co_await self->process_.terminate(limits::terminate_grace);
    self->end(*status);
}

// The workers are the nursery's children, and end with it (PR_SET_PDEATHSIG).
void NurseryProcess::end(ExitStatus status) {
    out_.finish();
    err_.finish();
    why_gone_ = "the nursery ended (" + status.text() + ")";
    if (const std::string said(last_line(err_.tail())); !said.empty()) why_gone_ += ": " + said;
    ready_.set(why_gone_);
    for (auto& [id, reply] : forks_) reply.set(why_gone_);
    for (const pid_t pid : std::exchange(workers_, {}))
        setting_.exits->report(pid, {true, SIGKILL});
    gone_.set(status);
}

// Its workers are well, and it must live as long as they do (PR_SET_PDEATHSIG): only what comes
// next is another one's. Whether a worker has ended is seen without its help from now on.
void NurseryProcess::put_aside() {
    if (set_aside_ || closed()) return;
    set_aside_ = true;
    complain(
        fmt::format("the nursery (process {}) does not answer: another one takes its place, and "
                    "it is ended when its {} workers have ended",
                    pid(), workers_.size()));
    for (auto& [id, reply] : forks_) reply.set("the nursery does not answer");
    if (workers_.empty()) return close();
    for (const pid_t worker : workers_)
        asio::co_spawn(setting_.executor, watch_worker(shared_from_this(), worker),
                       [](const std::exception_ptr& error) { static_cast<void>(error); });
}

Task<void> NurseryProcess::watch_worker(Self self, pid_t pid) {
    // A number that has been given to another process since is only watched for too long.
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (pidfd.valid()) {
        asio::posix::stream_descriptor ended(self->setting_.executor, pidfd.release());
        co_await ended.async_wait(asio::posix::stream_descriptor::wait_read, as_values);
        asio::steady_timer timer(self->setting_.executor, report_grace);
        co_await timer.async_wait(as_values);
    }
    if (self->workers_.contains(pid)) self->forget_worker(pid, status_of_unreaped(pid));
}

void NurseryProcess::forget_worker(pid_t pid, ExitStatus status) {
    workers_.erase(pid);
    setting_.exits->report(pid, status);
    if (set_aside_ && workers_.empty()) close();
}

void NurseryProcess::take(ControlPacket packet) {
    heard_ = monotonic_now();
    boost::system::error_code error;
    const json::value parsed = json::parse(packet.text, error);
    const json::object* message = error ? nullptr : parsed.if_object();
    const auto id = message ? number(*message, "forked") : std::nullopt;
    const auto pid = message ? number(*message, "exited") : std::nullopt;
    if (id) return take_forked(*id, *message, packet);
    if (pid) return take_exited(static_cast<pid_t>(*pid), *message);
    if (message && message->contains("ready")) return ready_.set("");
    complain("the nursery sent what is no message: " + packet.text.substr(0, 200));
    close();
}

void NurseryProcess::take_forked(std::int64_t id, const json::object& message,
                                 ControlPacket& packet) {
    const auto pending = forks_.find(id);
    const auto pid = number(message, "pid");
    if (pid && *pid > 1 && packet.descriptors.size() == 1) {
        ForkedWorker worker{static_cast<pid_t>(*pid), std::move(packet.descriptors[0])};
        workers_.insert(worker.pid);
        setting_.exits->expect(worker.pid);
        if (pending != forks_.end()) return pending->second.set(std::move(worker));
        // Nobody waits for it any more.
        ::syscall(SYS_pidfd_send_signal, worker.pidfd.get(), SIGKILL, nullptr, 0);
        return;
    }
    if (pending == forks_.end()) return;
    const json::value* why = message.if_contains("error");
    const std::string reason =
        why && why->is_string() ? why->as_string().c_str() : "it sent no pidfd";
    pending->second.set("the nursery cannot fork: " + reason);
}

void NurseryProcess::take_exited(pid_t pid, const json::object& message) {
    forget_worker(pid, from_wait_status(number(message, "status").value_or(SIGKILL)));
}

Task<Result<void, std::string>> NurseryProcess::ready() { return ready_by(shared_from_this()); }

Task<Result<void, std::string>> NurseryProcess::ready_by(Self self) {
    const bool arrived = co_await self->ready_.wait(ready_deadline);
    if (!arrived) {
        self->close();
        co_return fmt::format("the nursery was not ready within {} ms", ready_deadline.count());
    }
    const std::string& problem = self->ready_.value();
    if (!problem.empty()) co_return problem;
    co_return Result<void, std::string>();
}

// Empty when sent. A nursery that does not read is set aside: it would serve nobody else either.
Task<std::string> NurseryProcess::send(Self self, std::string text, std::vector<int> descriptors) {
    asio::steady_timer watchdog(self->setting_.executor, self->silence_max_);
    watchdog.async_wait([self](const boost::system::error_code& error) {
        if (error || self->closed()) return;
        self->put_aside();
        if (!self->closed()) self->control_.cancel();
    });
    while (!self->closed() && !self->set_aside_) {
        const std::error_code error =
            send_packet(self->control_.native_handle(), text, descriptors);
        if (!error) co_return std::string();
        if (error == std::errc::operation_would_block) {
            co_await self->control_.async_wait(asio::posix::stream_descriptor::wait_write,
                                               as_values);
        } else if (error != std::errc::interrupted) {
            co_return "cannot write to the nursery: " + error.message();
        }
    }
    co_return std::string(self->closed() ? "the nursery has ended" : "the nursery does not read");
}

// False when nothing was heard of the nursery for too long. Where many are waited for, each that
// comes is a sign of life.
Task<bool> NurseryProcess::answered(Self self, Arrival<Forked> reply) {
    const auto sent = monotonic_now();
    for (;;) {
        const auto until = std::max(sent, self->heard_) + self->silence_max_;
        const auto left = std::chrono::ceil<Millis>(until - monotonic_now());
        if (left <= Millis(0)) co_return reply.arrived();
        const bool arrived = co_await reply.wait(left);
        if (arrived) co_return true;
    }
}

Task<Result<ForkedWorker, std::string>> NurseryProcess::fork(Order order) {
    return fork_by(shared_from_this(), std::move(order));
}

Task<NurseryProcess::Forked> NurseryProcess::fork_by(Self self, Order order) {
    // Forgotten however this ends: a worker that comes later is killed on arrival.
    struct Pending {
        ~Pending() { process->forks_.erase(id); }
        Self process;
        std::int64_t id;
    };
    const Pending pending{self, self->next_id_++};
    Arrival<Forked> reply(self->setting_.executor);
    self->forks_.emplace(pending.id, reply);
    json::object request{{"fork", pending.id}};
    auto descriptors = describe(*order, request);
    auto text = json::serialize(request);
    std::string problem = co_await send(self, std::move(text), std::move(descriptors));
    if (!problem.empty()) co_return problem;
    const bool arrived = co_await answered(self, reply);
    if (arrived) co_return std::move(reply.value());
    self->put_aside();
    co_return fmt::format("the nursery did not fork within {} ms", self->silence_max_.count());
}

}  // namespace hotreload
