#include "tgstats/telegram/update_poller.h"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace tgstats {

namespace {

constexpr int conflict = 409;

Task<void> pause(Millis time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

// Apart from the coroutine: g++ 12 miscompiles braced lists inside of them.
json::object poll_params(std::int64_t offset, int timeout_s) {
    json::object params{
        {"timeout", timeout_s}, {"limit", poll_batch_max}, {"allowed_updates", allowed_updates()}};
    if (offset != 0) params["offset"] = offset;
    return params;
}

// "can't use getUpdates method while webhook is active", "terminated by setWebhook request"
bool names_webhook(const ApiError& error) {
    return error.description.find("ebhook") != std::string::npos;
}

void report_recovered(hotreload::EventLog& events, std::int64_t failures) {
    events.emit_host("telegram_poll_recovered", hotreload::Level::info, {{"failures", failures}});
}

void report(hotreload::EventLog& events, const char* event, const std::string& reason) {
    events.emit_host(event, hotreload::Level::warning, {{"reason", reason}});
}

bool cancelled(const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
}

}  // namespace

UpdatePoller::UpdatePoller(BotApi& api, hotreload::EventLog& events, DeliverUpdates deliver,
                           PollerOptions options)
    : api_(api),
      events_(events),
      deliver_(std::move(deliver)),
      options_(options),
      backoff_(options.backoff_first, options.backoff_max) {}

Task<void> UpdatePoller::run() {
    const auto deadline =
        std::chrono::duration_cast<Millis>(std::chrono::seconds(options_.timeout_s)) +
        options_.margin;
    while (true) {
        auto params = poll_params(offset_, options_.timeout_s);
        auto answer = co_await api_.updates(std::move(params), deadline);
        if (!answer) {
            co_await pause_after(answer.error());
            continue;
        }
        const bool taken = co_await take(std::move(*answer));
        if (!taken) {
            ++failures_;
            told_ = true;
            co_await pause(backoff_.next());
            continue;
        }
        if (std::exchange(told_, false)) report_recovered(events_, failures_);
        failures_ = 0;
        backoff_.reset();
    }
}

// False when the batch could not be handed on: the offset stays, so the server gives it again.
Task<bool> UpdatePoller::take(PolledUpdates polled) {
    for (std::size_t i = 0; i < polled.strangers; ++i)
        report(events_, "telegram_update_malformed",
               "an entry of getUpdates is no Update; it is passed over");
    if (polled.updates.empty()) co_return polled.strangers == 0;
    auto next = offset_;
    for (const auto& update : polled.updates) next = std::max(next, update.update_id + 1);
    std::string reason;
    try {
        co_await deliver_(std::move(polled.updates));
    } catch (const boost::system::system_error& error) {
        if (cancelled(error)) throw;
        reason = error.what();
    } catch (const std::exception& error) {
        reason = error.what();
        if (reason.empty()) reason = "unknown";
    }
    if (!reason.empty()) {
        report(events_, "telegram_delivery_failed", reason);
        co_return false;
    }
    offset_ = next;
    co_return true;
}

Task<void> UpdatePoller::pause_after(ApiError error) {
    ++failures_;
    auto wait = backoff_.next();
    if (error.retry_after_s)
        wait =
            std::min<Millis>(std::chrono::seconds(*error.retry_after_s), options_.retry_after_max);
    if (error.error_code != conflict) {
        report(events_, "telegram_poll_failed", error.text());
        told_ = true;
    } else if (names_webhook(error)) {
        co_await remove_webhook(error.text());
    } else {
        tell_conflict(error);
        wait += options_.conflict_pause;
    }
    co_await pause(wait);
}

// This bot is set up to poll, and a webhook would take its updates away for good.
Task<void> UpdatePoller::remove_webhook(std::string reason) {
    report(events_, "telegram_webhook_removed",
           reason +
               "; this bot polls, so the webhook is removed. If another program with this "
               "token has set it, stop one of the two");
    told_ = true;
    const auto removed = co_await api_.call("deleteWebhook", json::object());
    if (removed.has_error()) report(events_, "telegram_poll_failed", removed.error().text());
}

// Two pollers end each other's requests again and again: that is said once, not each time.
void UpdatePoller::tell_conflict(const ApiError& error) {
    const auto now = hotreload::monotonic_now();
    if (conflict_told_ && now - *conflict_told_ < options_.conflict_quiet) return;
    conflict_told_ = now;
    told_ = true;
    report(events_, "telegram_poll_conflict",
           error.text() +
               "; another program polls with this token: stop one of the two. This one "
               "goes on trying");
}

}  // namespace tgstats
