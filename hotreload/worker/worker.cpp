#include "hotreload/worker/worker.h"

#include <csignal>
#include <exception>
#include <limits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>

#include "hotreload/sandbox/fork_supervisor.h"
#include "hotreload/sandbox/sandbox.h"
#include "hotreload/worker/arrival.h"
#include "hotreload/worker/launch.h"
#include "hotreload/worker/limit_words.h"
#include "hotreload/worker/manifest.h"
#include "hotreload/worker/migration_words.h"
#include "hotreload/worker/output_capture.h"
#include "hotreload/worker/throttle.h"
#include "hotreload/worker/turns.h"

namespace hotreload {
namespace {

using Outcome = Result<json::value, RpcError>;

constexpr Millis last_words_grace{
    200};  // exit to the end of the conversation; a descendant may hold the socket open
constexpr Millis reap_deadline{10'000};   // SIGKILL to reaped; a nursery that hangs never reaps
constexpr Millis settle_deadline{1'000};  // cancelled host calls of an ended worker
constexpr std::string_view end_of_file = "end of file";

json::object load_params(const WorkerIdentity& identity, const LoadRequest& request) {
    json::array roots;
    for (const auto& root : request.roots) roots.emplace_back(root.string());
    const bool python = identity.language == Language::python;
    return {{"plugin", identity.plugin},
            {"generation", identity.generation},
            {"language", python ? "python" : "cpp"},
            {"entry", request.entry.string()},
            {"module", request.module},
            {"adapter", request.adapter},
            {"roots", std::move(roots)},
            {"config", request.config},
            {"data_dir", request.data_dir.string()}};
}

json::object handle_params(const Offer& offer, json::object event, Millis deadline) {
    return {{"offer", json::object{{"kind", offer.kind}, {"name", offer.name}}},
            {"deadline_ms", deadline.count()},
            {"event", std::move(event)}};
}

}  // namespace

// Outlives the Worker until the process is reaped: the two watches own it, and each ends by itself.
struct Worker::State : std::enable_shared_from_this<State> {
    using Self = std::shared_ptr<State>;

    State(asio::any_io_executor on, EventLog& log, WorkerIdentity who, Launched launched);
    void supervise(UniqueFd socket);
    void open(UniqueFd socket, HostCall host_call);
    void watch(Task<void> task);

    static Task<void> watch_process(Self self);
    static Task<void> watch_conversation(Self self);
    static Task<Result<Manifest, Failure>> load(Self self, LoadRequest request);
    static Task<Result<json::object, Failure>> migrate(Self self, json::object params);
    static Task<Result<void, Failure>> probe(Self self);
    static Task<Outcome> handle(Self self, Offer offer, json::object event, Millis deadline);
    static Task<std::string> explain_end(Self self, std::string when);
    static Task<Failure> failure_of(Self self, Stage stage, RpcError error, std::string when);
    static Task<ExitStatus> exited(Self self);
    static Task<ExitStatus> stop(Self self);

    [[nodiscard]] Failure failure(Stage stage, std::string reason) const {
        return {.stage = stage, .reason = std::move(reason), .output = err.tail()};
    }
    [[nodiscard]] Fields who() const {
        return {{"plugin", identity.plugin},
                {"generation", static_cast<std::int64_t>(identity.generation)}};
    }
    void printed(std::string_view stream, std::string line);
    void notified(const std::string& method, const json::object& params);
    void log_dropped(std::size_t count);
    void abandon();

    asio::any_io_executor executor;
    EventLog* events;  // null when the Worker is gone: the event log may be, too
    WorkerIdentity identity;
    std::unique_ptr<WorkerProcess> process;
    OutputCapture out;
    OutputCapture err;
    Throttle log_rate;
    FilesRead files_read;
    std::optional<Peer> peer;
    std::optional<ForkSupervisor> forks;
    Held held;
    std::shared_ptr<const std::filesystem::path> temporary_dir;
    Millis exit_report_grace = limits::exit_report_grace;
    Turns turns;
    Arrival<std::string> conversation_end;
    Arrival<ExitStatus> exit;
    Arrival<bool> settled;  // no host call of this worker runs any more
};

Worker::State::State(asio::any_io_executor on, EventLog& log, WorkerIdentity who_it_is,
                     Launched launched)
    : executor(on),
      events(&log),
      identity(std::move(who_it_is)),
      process(std::move(launched.process)),
      out(on, std::move(launched.out),
          [this](std::string line) { printed("stdout", std::move(line)); }),
      err(on, std::move(launched.err),
          [this](std::string line) { printed("stderr", std::move(line)); }),
      log_rate(on, limits::output_lines_per_second_max,
               [this](std::size_t count) { log_dropped(count); }),
      turns(on, limits::handle_queue_max),
      conversation_end(on),
      exit(on),
      settled(std::move(on)) {}

void Worker::State::open(UniqueFd socket, HostCall host_call) {
    auto heard = [weak = weak_from_this()](const std::string& method, const json::object& params) {
        if (const Self self = weak.lock()) self->notified(method, params);
    };
    peer.emplace(executor, std::move(socket), std::move(host_call), std::move(heard));
    watch(watch_conversation(shared_from_this()));
    watch(watch_process(shared_from_this()));
}

void Worker::State::supervise(UniqueFd socket) {
    constexpr auto unlimited = std::numeric_limits<std::uint64_t>::max();
    const GroupSize most{.processes = held.limits.processes.value_or(unlimited),
                         .threads = held.limits.threads.value_or(unlimited)};
    forks.emplace(executor,
                  ForkSupervisor::Setting{
                      .socket = std::move(socket),
                      .group = process->pid(),
                      .most = most,
                      .refused = [weak = weak_from_this(), most](ForkSupervisor::Kind kind) {
                          const Self self = weak.lock();
                          if (!self || !self->events) return;
                          Fields fields = self->who();
                          fields.push_back({"message", refused_more(kind, most)});
                          self->events->emit(EventType::plugin_log, Level::warning,
                                             std::move(fields));
                      }});
}

void Worker::State::watch(Task<void> task) {
    asio::co_spawn(executor, std::move(task),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                       if (!error) return;
                       if (self->events) {
                           self->events->emit(EventType::internal_error,
                                              {{"task", "worker " + self->identity.plugin},
                                               {"reason", "ended by an exception"}});
                       }
                       self->abandon();
                   });
}

// What cannot be watched any more must not run on.
void Worker::State::abandon() {
    process->signal(SIGKILL);
    peer->close();
    conversation_end.set("abandoned");
    exit.set({true, SIGKILL});
    settled.set(true);
}

Task<void> Worker::State::watch_process(Self self) {
    const ExitStatus status = co_await self->process->exited();
    // What it said last is taken before the end is told.
    co_await self->conversation_end.wait(last_words_grace);
    self->peer->close();
    self->out.finish();
    self->err.finish();
    self->log_rate.flush();
    self->forks.reset();
    self->temporary_dir.reset();
    self->exit.set(status);
    co_await self->peer->settled(settle_deadline);
    self->settled.set(true);
}

// The end of the conversation is the end of the worker, whoever closed the socket: this is the
// ladder.
Task<void> Worker::State::watch_conversation(Self self) {
    std::string why = co_await self->peer->ended();
    self->conversation_end.set(std::move(why));
    bool gone = co_await self->exit.wait(limits::shutdown_grace);
    if (gone) co_return;
    self->process->signal(SIGTERM);
    gone = co_await self->exit.wait(limits::terminate_grace);
    if (gone) co_return;
    self->process->signal(SIGKILL);
    gone = co_await self->exit.wait(reap_deadline);
    if (!gone) self->abandon();
}

void Worker::State::printed(std::string_view stream, std::string line) {
    if (!events) return;
    Fields fields = who();
    fields.push_back({"stream", std::string(stream)});
    fields.push_back({"line", std::move(line)});
    events->emit(EventType::plugin_output, std::move(fields));
}

void Worker::State::notified(const std::string& method, const json::object& params) {
    if (!events) return;
    if (method == "files" && files_read) return files_read(parse_files(params));
    if (method != "log" || !log_rate.admit()) return;
    LogLine line = parse_log(params, who());
    events->emit(EventType::plugin_log, line.level, std::move(line.fields));
}

void Worker::State::log_dropped(std::size_t count) {
    if (!events) return;
    Fields fields = who();
    fields.push_back({"message", std::to_string(count) + " further lines dropped"});
    events->emit(EventType::plugin_log, Level::warning, std::move(fields));
}

// "the process ended while loading: signal 11 (Segmentation fault)"; waits a little for the exit
// status.
Task<std::string> Worker::State::explain_end(Self self, std::string when) {
    const bool known = co_await self->exit.wait(self->exit_report_grace);
    const std::string why = self->conversation_end.arrived() ? self->conversation_end.value() : "";
    const bool plain = why.empty() || why == end_of_file;
    if (known && (plain || !self->exit.value().success())) {
        const std::string text =
            "the process ended " + when + ": " + name_limit(self->exit.value(), self->held.limits);
        co_return plain ? text : text + " (" + why + ")";
    }
    const std::string text =
        "the conversation ended " + when + ": " + (why.empty() ? "closed" : why);
    co_return known ? text + "; the process then ended: " + self->exit.value().text()
                    : text + "; the process still runs and is being ended";
}

Task<Failure> Worker::State::failure_of(Self self, Stage stage, RpcError error, std::string when) {
    if (error.code == rpc_code::disconnected) {
        std::string reason = co_await explain_end(self, std::move(when));
        co_return self->failure(stage, std::move(reason));
    }
    Failure failure = failure_from(stage, error, self->err.tail());
    failure.reason = name_cause(std::move(failure.reason), self->held);
    co_return failure;
}

Task<Result<Manifest, Failure>> Worker::State::load(Self self, LoadRequest request) {
    auto reply = co_await self->peer->call("load", load_params(self->identity, request),
                                           limits::load_deadline);
    if (!reply) {
        Failure failure =
            co_await failure_of(self, Stage::starting, reply.error(), "while loading");
        co_return failure;
    }
    auto manifest = parse_manifest(*reply);
    if (manifest) co_return *std::move(manifest);
    co_return self->failure(Stage::starting,
                            "the reply to load is no manifest: " + manifest.error());
}

Task<Result<json::object, Failure>> Worker::State::migrate(Self self, json::object params) {
    auto reply = co_await self->peer->call("migrate", params, limits::migrate_deadline);
    if (!reply && reply.error().code == rpc_code::unknown_method)
        co_return self->failure(Stage::starting, no_migration(params.at("from").as_int64(),
                                                              params.at("to").as_int64()));
    if (!reply) {
        Failure failure =
            co_await failure_of(self, Stage::starting, reply.error(), "during its migration");
        co_return failure;
    }
    json::object* answer = reply->if_object();
    json::value* state = answer ? answer->if_contains("state") : nullptr;
    if (!state || !state->is_object())
        co_return self->failure(Stage::starting, "the reply to migrate has no object `state`");
    co_return std::move(state->get_object());
}

Task<Result<void, Failure>> Worker::State::probe(Self self) {
    auto reply = co_await self->peer->call("probe", json::object(), limits::probe_deadline);
    if (!reply) {
        Failure failure =
            co_await failure_of(self, Stage::probing, reply.error(), "during its self-test");
        co_return failure;
    }
    const json::object* answer = reply->if_object();
    const json::value* ok = answer ? answer->if_contains("ok") : nullptr;
    if (!ok || !ok->is_bool())
        co_return self->failure(Stage::probing, "the reply to probe has no `ok`");
    if (ok->get_bool()) co_return Result<void, Failure>();
    const json::value* reason = answer->if_contains("reason");
    const bool said = reason && reason->is_string() && !reason->get_string().empty();
    co_return self->failure(Stage::probing,
                            said ? reason->get_string().c_str() : "the self-test failed");
}

Task<Outcome> Worker::State::handle(Self self, Offer offer, json::object event, Millis deadline) {
    const auto turn = co_await self->turns.take();
    if (!turn) {
        co_return RpcError{rpc_code::busy,
                           "over " + std::to_string(limits::handle_queue_max) +
                               " events wait for " + self->identity.plugin,
                           nullptr};
    }
    if (self->conversation_end.arrived()) {
        std::string text = co_await explain_end(self, "before the call");
        co_return RpcError{rpc_code::disconnected, std::move(text), nullptr};
    }
    auto reply = co_await self->peer->call(
        "handle", handle_params(offer, std::move(event), deadline), deadline);
    if (reply) co_return reply;
    if (reply.error().code != rpc_code::disconnected) {
        RpcError error = reply.error();
        error.message = name_cause(std::move(error.message), self->held);
        co_return error;
    }
    std::string text = co_await explain_end(self, "during the call");
    co_return RpcError{rpc_code::disconnected, std::move(text), nullptr};
}

Task<ExitStatus> Worker::State::exited(Self self) {
    co_await self->exit.wait();
    co_return self->exit.value();
}

Task<ExitStatus> Worker::State::stop(Self self) {
    self->peer->close();
    co_await self->settled.wait();
    co_return self->exit.value();
}

Task<Result<std::unique_ptr<Worker>, Failure>> Worker::start(asio::any_io_executor executor,
                                                             EventLog& events,
                                                             WorkerOptions options) {
    WorkerIdentity identity = options.identity;
    HostCall host_call = options.host_call;
    const auto sandbox = options.sandbox;
    auto temporary_dir = options.temporary_dir;
    const auto exit_report_grace = options.exit_report_grace;
    auto files_read = std::move(options.files_read);
    auto launched = co_await launch(executor, std::move(options));
    if (!launched)
        co_return Failure{.stage = Stage::starting, .reason = launched.error(), .passing = true};
    UniqueFd socket = std::move(launched->socket);
    UniqueFd supervisor = std::move(launched->supervisor);
    auto state =
        std::make_shared<State>(executor, events, std::move(identity), *std::move(launched));
    state->temporary_dir = std::move(temporary_dir);
    state->exit_report_grace = exit_report_grace;
    state->files_read = std::move(files_read);
    if (sandbox) state->held = {.limits = sandbox->limits(), .sandboxed = true};
    if (supervisor.valid()) state->supervise(std::move(supervisor));
    state->open(std::move(socket), std::move(host_call));
    co_return std::unique_ptr<Worker>(new Worker(std::move(state)));
}

Worker::Worker(std::shared_ptr<State> state) : state_(std::move(state)) {}

Worker::~Worker() {
    state_->events = nullptr;
    state_->process->signal(SIGKILL);
    state_->peer->close();
}

Task<Result<Manifest, Failure>> Worker::load(LoadRequest request) {
    return State::load(state_, std::move(request));
}
Task<Result<json::object, Failure>> Worker::migrate(std::int64_t from, std::int64_t to,
                                                    json::object state) {
    json::object params{{"from", from}, {"to", to}, {"state", std::move(state)}};
    return State::migrate(state_, std::move(params));
}
Task<Result<void, Failure>> Worker::probe() { return State::probe(state_); }
Task<Result<json::value, RpcError>> Worker::handle(Offer offer, json::object event,
                                                   Millis deadline) {
    return State::handle(state_, std::move(offer), std::move(event), deadline);
}
Task<ExitStatus> Worker::exited() { return State::exited(state_); }
Task<ExitStatus> Worker::stop() { return State::stop(state_); }

pid_t Worker::pid() const { return state_->process->pid(); }
const WorkerIdentity& Worker::identity() const { return state_->identity; }
bool Worker::talking() const { return !state_->conversation_end.arrived(); }

Diagnosis Worker::diagnose() const {
    Diagnosis diagnosis{.stderr_tail = state_->err.tail()};
    if (state_->exit.arrived()) diagnosis.exit = state_->exit.value();
    if (state_->conversation_end.arrived())
        diagnosis.conversation = state_->conversation_end.value();
    return diagnosis;
}

}  // namespace hotreload
