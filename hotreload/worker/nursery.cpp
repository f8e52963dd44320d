#include "hotreload/worker/nursery.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "hotreload/base/clock.h"
#include "hotreload/worker/exit_reports.h"
#include "hotreload/worker/nursery_process.h"

namespace hotreload {

namespace {

constexpr std::size_t starts_max =
    5;  // within starts_window; a nursery that keeps dying is left alone for a while
constexpr Millis starts_window{30'000};
constexpr Millis reaping_deadline{100};  // of what was killed
}  // namespace

struct Nursery::State {
    using Process = std::shared_ptr<NurseryProcess>;

    State(asio::any_io_executor on, EventLog& log, NurseryOptions its_options)
        : executor(on),
          events(&log),
          options(std::move(its_options)),
          exits(std::make_shared<ExitReports>(std::move(on))) {}

    static Task<Result<Process, std::string>> running(std::shared_ptr<State> self);
    static Task<Result<void, std::string>> ready(std::shared_ptr<State> self);
    static Task<Result<ForkedWorker, NotForked>> fork(std::shared_ptr<State> self, ForkOrder order);
    static Task<void> stop(std::shared_ptr<State> self, Millis deadline);
    Result<Process, std::string> start();
    Result<void, std::string> spend_start();

    asio::any_io_executor executor;
    EventLog* events;
    NurseryOptions options;
    std::shared_ptr<ExitReports> exits;
    Process current;
    std::vector<Process> aside;  // that did not answer, and have workers
    std::deque<MonotonicTime> starts;
    std::string last_problem;
    bool stopped = false;
};

Result<void, std::string> Nursery::State::spend_start() {
    const MonotonicTime now = monotonic_now();
    while (!starts.empty() && now - starts.front() >= starts_window) starts.pop_front();
    if (starts.size() < starts_max) {
        starts.push_back(now);
        return {};
    }
    const auto again =
        std::chrono::ceil<std::chrono::seconds>(starts.front() + starts_window - now);
    return fmt::format(
        "the nursery was started {} times within {} s and is tried again in {} s; the last time: "
        "{}",
        starts_max, starts_window.count() / 1'000, again.count(), last_problem);
}

Result<Nursery::State::Process, std::string> Nursery::State::start() {
    if (stopped) return std::string("the nursery has been stopped");
    const auto allowed = spend_start();
    if (!allowed) return allowed.error();
    auto process =
        NurseryProcess::start({executor, events, exits, options.shutdown_grace}, options);
    if (process)
        current = *process;
    else
        last_problem = process.error();
    return process;
}

// The process that can fork: the one there is, or a new one.
Task<Result<Nursery::State::Process, std::string>> Nursery::State::running(
    std::shared_ptr<State> self) {
    std::erase_if(self->aside, [](const Process& process) { return process->ended(); });
    if (self->current && self->current->set_aside()) {
        self->last_problem = "it did not answer";
        self->aside.push_back(std::exchange(self->current, nullptr));
    }
    while (self->current && self->current->closed()) {
        const Process ending = self->current;
        co_await ending->gone();
        if (self->current != ending) continue;
        self->last_problem = ending->why_gone();
        self->current = nullptr;
    }
    if (!self->current) {
        const auto started = self->start();
        if (!started) co_return started.error();
    }
    Process process = self->current;
    const auto ready = co_await process->ready();
    if (!ready) co_return ready.error();
    co_return process;
}

Task<Result<void, std::string>> Nursery::State::ready(std::shared_ptr<State> self) {
    const auto process = co_await running(self);
    if (!process) co_return process.error();
    co_return Result<void, std::string>();
}

Task<Result<ForkedWorker, NotForked>> Nursery::State::fork(std::shared_ptr<State> self,
                                                           ForkOrder given) {
    const auto order = std::make_shared<const ForkOrder>(std::move(given));
    const auto process = co_await running(self);
    if (!process) co_return NotForked{process.error()};
    auto forked = co_await (*process)->fork(order);
    if (forked) co_return *std::move(forked);
    co_return NotForked{forked.error(), (*process)->closed() || (*process)->set_aside()};
}

Task<void> Nursery::State::stop(std::shared_ptr<State> self, Millis deadline) {
    self->stopped = true;
    const Countdown time(deadline);
    auto all = self->aside;
    if (self->current) all.push_back(self->current);
    for (const auto& process : all) process->close();
    for (const auto& process : all) {
        const bool by_itself = co_await process->gone(time.left());
        if (by_itself) continue;
        process->kill();
        const bool reaped = co_await process->gone(reaping_deadline);
        static_cast<void>(reaped);
    }
}

Nursery::Nursery(asio::any_io_executor executor, EventLog& events, NurseryOptions options)
    : state_(std::make_shared<State>(std::move(executor), events, std::move(options))) {}

Nursery::~Nursery() {
    state_->stopped = true;
    auto all = state_->aside;
    if (state_->current) all.push_back(state_->current);
    for (const auto& process : all) {
        process->mute();
        process->close();
    }
}

Task<Result<void, std::string>> Nursery::ready() { return State::ready(state_); }

Task<Result<ForkedWorker, NotForked>> Nursery::fork(ForkOrder order) {
    return State::fork(state_, std::move(order));
}

Task<ExitStatus> Nursery::exited(pid_t pid) { return state_->exits->wait(pid); }

Task<void> Nursery::stop(Millis deadline) { return State::stop(state_, deadline); }

pid_t Nursery::pid() const {
    const auto& process = state_->current;
    return process && !process->closed() && !process->set_aside() ? process->pid() : -1;
}

}  // namespace hotreload
