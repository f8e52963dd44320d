#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "hotreload/watch/watcher.h"

namespace hotreload {
namespace {

class PollingWatcher final : public Watcher {
public:
    PollingWatcher(asio::any_io_executor executor, Millis interval)
        : timer_(std::move(executor)), interval_(interval) {}

    Task<WatchHint> next() override {
        timer_.expires_after(interval_);
        co_await timer_.async_wait(asio::use_awaitable);
        WatchHint hint;
        hint.noticed = monotonic_now();
        co_return hint;
    }
    Result<void, std::string> watch(std::vector<std::filesystem::path>) override { return {}; }
    [[nodiscard]] std::string mode() const override { return "poll"; }

private:
    asio::steady_timer timer_;
    Millis interval_;
};

}  // namespace

std::unique_ptr<Watcher> make_polling_watcher(asio::any_io_executor executor, Millis interval) {
    return std::make_unique<PollingWatcher>(std::move(executor), interval);
}

}  // namespace hotreload
