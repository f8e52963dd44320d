#include "hotreload/reload/history_thread.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "hotreload/base/condition.h"

namespace hotreload {

using Outcome = Result<void, std::string>;

namespace {

constexpr int nice_of_thread = 10;
constexpr std::size_t batch_max = 64;      // changes that may wait for being written together,
constexpr Micros batch_time_max{200'000};  // and for how long

// What is written here is for later; the workers that start meanwhile are for now. On Linux a nice
// value is a thread's own.
void run_behind_the_rest() {
    thread_local const bool done = [] {
        const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
        return ::setpriority(PRIO_PROCESS, thread, nice_of_thread) == 0;
    }();
    static_cast<void>(done);
}

// A generation that newer content has replaced before its files could be kept is no fault, and
// stands in the history as one that cannot be gone back to.
Outcome keep_files(History& history, const KeptFrom& files, GenerationRecord& record) {
    auto kept = history.keep_sources(files.source, record.files, record.roots, files.contents);
    if (!kept && !kept.error().overtaken) return kept.error().reason;
    auto snapshot = kept ? *std::move(kept) : Snapshot();
    record.entry = std::move(snapshot.entry);
    record.folder = std::move(snapshot.folder);
    record.roots = std::move(snapshot.roots);
    return {};
}

}  // namespace

struct HistoryThread::State : std::enable_shared_from_this<State> {
    State(asio::any_io_executor loop, History::Opened opened,
          std::function<void(std::string)> problem)
        : executor(loop),
          history(std::move(opened.history)),
          problems(std::move(opened.problems)),
          on_problem(std::move(problem)),
          change(loop) {
        history.write_behind();
    }

    // Runs `work` on the thread; what it and others made of their plugins is taken over when it has
    // been written.
    void run(std::string plugin, std::function<Outcome(History&)> work, bool at_once = false) {
        ++pending;
        ++queued;
        asio::post(thread,
                   [self = this, at_once, plugin = std::move(plugin), work = std::move(work)] {
                       run_behind_the_rest();
                       const auto outcome = work(self->history);
                       if (outcome.has_error())
                           self->batch.problems.emplace_back(plugin, outcome.error());
                       ++self->batch.works;
                       self->batch.plugins.try_emplace(plugin);
                       const bool last = --self->queued == 0;
                       const bool due = at_once || self->batch.works == batch_max ||
                                        self->batch.since.total() >= batch_time_max;
                       if (last || due) self->write_batch(last);
                   });
    }

    // On the thread.
    void write_batch(bool last) {
        auto written = std::exchange(batch, {});
        for (auto& problem : history.flush()) written.problems.push_back(std::move(problem));
        if (last) history.sweep();
        for (auto& [plugin, now] : written.plugins) {
            const auto* known = history.find(plugin);
            now = known != nullptr ? *known : PluginHistory{plugin};
        }
        asio::post(executor, [weak = weak_from_this(), written = std::move(written)]() mutable {
            if (const auto state = weak.lock()) state->take_over(std::move(written));
        });
    }

    struct Batch {
        Stopwatch since;
        std::size_t works = 0;
        std::map<std::string, PluginHistory> plugins;  // that they were about
        std::vector<std::pair<std::string, std::string>> problems;
    };

    void take_over(Batch written) {
        for (auto& [plugin, now] : written.plugins) plugins[plugin] = std::move(now);
        pending -= written.works;
        for (const auto& [plugin, problem] : written.problems) on_problem(plugin + ": " + problem);
        change.notify_all();
    }

    asio::any_io_executor executor;
    History history;  // the thread's
    std::vector<std::string> problems;
    std::map<std::string, PluginHistory> plugins;  // the loop's
    std::function<void(std::string)> on_problem;
    std::size_t pending = 0;
    std::atomic<std::size_t> queued = 0;  // not begun to be done, or not done, on the thread
    Batch batch;                          // the thread's
    Condition change;
    asio::thread_pool thread{1};  // last: joined before what it uses goes
};

HistoryThread::HistoryThread(asio::any_io_executor executor, const std::filesystem::path& dir,
                             std::function<void(std::string)> on_problem)
    : state_(
          std::make_shared<State>(std::move(executor), History::open(dir), std::move(on_problem))) {
    state_->plugins = state_->history.plugins();
}

HistoryThread::~HistoryThread() { state_->thread.join(); }

const PluginHistory* HistoryThread::find(const std::string& plugin) const {
    const auto found = state_->plugins.find(plugin);
    return found == state_->plugins.end() ? nullptr : &found->second;
}

std::vector<PluginHistory> HistoryThread::plugins() const {
    std::vector<PluginHistory> all;
    for (const auto& [name, plugin] : state_->plugins) all.push_back(plugin);
    return all;
}

std::set<std::filesystem::path> HistoryThread::kept_artifacts() const {
    std::set<std::filesystem::path> kept;
    for (const auto& [name, plugin] : state_->plugins)
        for (const auto& record : plugin.records)
            if (record.language != Language::python) kept.insert(record.entry);
    return kept;
}

const std::vector<std::string>& HistoryThread::problems() const { return state_->problems; }

void HistoryThread::add(std::string plugin, GenerationRecord record,
                        std::optional<KeptFrom> files) {
    auto name = plugin;
    state_->run(std::move(name),
                [plugin = std::move(plugin), record = std::move(record),
                 files = std::move(files)](History& history) -> Outcome {
                    auto complete = record;
                    auto kept = files ? keep_files(history, *files, complete) : Outcome();
                    return kept ? history.add(plugin, std::move(complete)) : kept;
                });
}

void HistoryThread::ended(std::string plugin, std::uint64_t number, std::string how, bool crashed) {
    auto name = plugin;
    state_->run(
        std::move(name),
        [plugin = std::move(plugin), number, how = std::move(how), crashed](History& history) {
            return history.ended(plugin, number, how, crashed);
        },
        crashed);
}

void HistoryThread::hold_back(std::string plugin, std::optional<Fingerprint> content,
                              std::string reason) {
    auto name = plugin;
    state_->run(
        std::move(name),
        [plugin = std::move(plugin), content, reason = std::move(reason)](History& history) {
            return history.hold_back(plugin, content, reason);
        },
        true);
}

Task<bool> HistoryThread::finished(Millis deadline) {
    const auto state = state_;
    const auto until = deadline_after(deadline);
    while (state->pending > 0) {
        const bool told = co_await state->change.wait_until(until);
        if (!told) co_return false;
    }
    co_return true;
}

}  // namespace hotreload
