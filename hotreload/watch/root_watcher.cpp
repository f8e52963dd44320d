#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "hotreload/base/condition.h"
#include "hotreload/watch/event_watch.h"
#include "hotreload/watch/poll_watch.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {
namespace {

namespace fs = std::filesystem;

std::string clean(const fs::path& path) {
    const auto& text = path.native();
    const bool is_clean = text.size() > 1 && text.front() == '/' && text.back() != '/' &&
                          text.find("//") == text.npos && text.find("/.") == text.npos;
    if (is_clean) return text;
    const auto normal = fs::absolute(path).lexically_normal();
    return (normal.has_filename() || normal == normal.root_path() ? normal : normal.parent_path())
        .native();
}

// Tells the waiting coroutine that there is something to read; a wait for the descriptor that is
// under way when the watcher goes finds nobody.
struct Wake {
    Wake(const asio::any_io_executor& executor, int fd) : condition(executor), readable(executor) {
        if (fd >= 0) readable.assign(fd);
    }
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;

    static void arm(const std::shared_ptr<Wake>& wake) {
        if (!wake->readable.is_open() || std::exchange(wake->armed, true)) return;
        wake->readable.async_wait(
            asio::posix::stream_descriptor::wait_read,
            [weak = std::weak_ptr<Wake>(wake)](const boost::system::error_code& error) {
                const auto still = weak.lock();
                if (!still || error) return;
                still->armed = false;
                still->condition.notify_all();
            });
    }

    // Nobody waits any more: a wait that is left over would keep the loop running.
    void disarm() {
        boost::system::error_code ignored;
        if (std::exchange(armed, false)) readable.cancel(ignored);
    }
    // The descriptor belongs to the inotify instance, which goes now.
    void end() {
        ended = true;
        if (readable.is_open()) readable.release();
        condition.notify_all();
    }

    Condition condition;
    asio::posix::stream_descriptor readable;
    bool armed = false;
    bool ended = false;
};

struct Disarm {
    void operator()(Wake* wake) const { wake->disarm(); }
};

class RootWatcher final : public Watcher {
public:
    RootWatcher(const asio::any_io_executor& executor, WatcherOptions options)
        : options_(std::move(options)),
          events_(options_, hints_),
          polls_(options_, hints_),
          wake_(std::make_shared<Wake>(executor, events_.fd())) {}

    ~RootWatcher() override { wake_->end(); }

    Task<WatchHint> next() override {
        const auto wake = wake_;
        const std::unique_ptr<Wake, Disarm> waiting(wake.get());
        for (;;) {
            collect();
            if (hints_.pending()) co_return hints_.take();
            Wake::arm(wake);
            const bool woken = co_await wake->condition.wait_until(due());
            static_cast<void>(woken);
            const auto cancellation = co_await asio::this_coro::cancellation_state;
            if (wake->ended || cancellation.cancelled() != asio::cancellation_type::none)
                throw boost::system::system_error(asio::error::operation_aborted);
        }
    }

    void watch(std::vector<fs::path> roots) override;

    [[nodiscard]] std::string mode() const override {
        if (polled_.empty()) return "events";
        return polled_.size() == roots_.size() ? "poll" : "events+poll";
    }

private:
    void collect() {
        report(events_.drain());
        if (polled_.empty() || monotonic_now() < polls_.due()) return;
        if (monotonic_now() >= retry_at_) try_events_again();
        polls_.poll();
    }

    // The earliest moment at which there is something to do though no event comes.
    [[nodiscard]] MonotonicTime due() const {
        const auto unfinished = events_.due().value_or(MonotonicTime::max());
        return polled_.empty() ? unfinished : std::min(unfinished, polls_.due());
    }

    [[nodiscard]] std::optional<WatchProblem> give_events(const std::string& root) {
        if (!events_.unusable().empty()) return WatchProblem{root, events_.unusable()};
        auto given = events_.add(root);
        if (given) return std::nullopt;
        return std::move(given.error());
    }

    void poll(const std::string& root) {
        if (polled_.empty()) retry_at_ = deadline_after(options_.events_retry_interval);
        polled_.insert(root);
        polls_.add(root);
    }

    // Folders are told each; of thousands of single files with one trouble the first.
    void report(const std::vector<EventWatch::Lost>& lost) {
        for (const auto& [root, problem] : lost) poll(root);
        if (!options_.on_degraded) return;
        std::set<std::string> told;
        for (const auto& [root, problem] : lost) {
            std::error_code ignored;
            if (told.insert(problem.cause).second || fs::is_directory(root, ignored))
                options_.on_degraded("cannot watch " + problem.path + ": " + problem.cause);
        }
    }

    void try_events_again() {
        retry_at_ = deadline_after(options_.events_retry_interval);
        if (options_.mode == WatchMode::poll) return;
        events_.begin();
        for (const auto& root : std::set<std::string>(polled_)) {
            if (give_events(root)) continue;
            polled_.erase(root);
            polls_.remove(root);
            hints_.add(root, monotonic_now());
        }
    }

    WatcherOptions options_;
    Hints hints_;
    EventWatch events_;
    PollWatch polls_;
    std::shared_ptr<Wake> wake_;
    std::set<std::string> roots_;
    std::set<std::string> polled_;
    MonotonicTime retry_at_ = MonotonicTime::max();
};

void RootWatcher::watch(std::vector<fs::path> roots) {
    std::set<std::string> wanted;
    for (const auto& root : roots) wanted.insert(clean(root));
    std::vector<std::string> went, came;
    std::ranges::set_difference(roots_, wanted, std::back_inserter(went));
    std::ranges::set_difference(wanted, roots_, std::back_inserter(came));
    if (went.empty() && came.empty()) return;
    roots_ = std::move(wanted);
    for (const auto& root : went) {
        events_.remove(root);
        polls_.remove(root);
        polled_.erase(root);
    }
    std::vector<EventWatch::Lost> without_events;
    events_.begin();
    for (const auto& root : came) {
        if (options_.mode == WatchMode::poll) {
            poll(root);
        } else if (auto problem = give_events(root)) {
            without_events.push_back({root, std::move(*problem)});
        }
    }
    report(without_events);
    wake_->condition.notify_all();  // who waits may have to poll from now on
}

}  // namespace

std::unique_ptr<Watcher> make_watcher(asio::any_io_executor executor, WatcherOptions options) {
    return std::make_unique<RootWatcher>(executor, std::move(options));
}

}  // namespace hotreload
