#include "tgstats/telegram/update_poller.h"

#include <algorithm>
#include <random>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json/array.hpp>

namespace tgstats {

namespace {

constexpr int conflict = 409;
constexpr int backoff_doublings_max = 10;

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

UpdatePoller::UpdatePoller(BotApi& api, hotreload::EventLog& events, Deliver deliver,
                           PollerOptions options)
    : api_(api), events_(events), deliver_(std::move(deliver)), options_(options) {}

Task<void> UpdatePoller::run() {
    const auto deadline =
        std::chrono::duration_cast<Millis>(std::chrono::seconds(options_.timeout_s)) +
        options_.margin;
    while (true) {
        std::vector<Upload> no_files;
        auto params = poll_params(offset_, options_.timeout_s);
        auto answer =
            co_await api_.call("getUpdates", std::move(params), std::move(no_files), deadline);
        if (!answer) {
            co_await pause_after(answer.error());
            continue;
        }
        const bool taken = co_await take(*answer);
        if (!taken) {
            ++failures_;
            co_await pause(backoff());
            continue;
        }
        if (failures_ > 0) report_recovered(events_, failures_);
        failures_ = 0;
    }
}

// False when the batch could not be handed on: the offset stays, so the server gives it again.
Task<bool> UpdatePoller::take(const json::value& result) {
    const auto* list = result.if_array();
    if (list == nullptr) {
        report(events_, "telegram_poll_failed", "getUpdates: the result is no list of updates");
        co_return false;
    }
    std::vector<Update> batch;
    auto next = offset_;
    for (const auto& item : *list) {
        auto update = item.is_object() ? parse_update(item.get_object()) : std::nullopt;
        if (!update) {
            report(events_, "telegram_update_malformed",
                   "an entry of getUpdates is no Update; it is passed over");
            continue;
        }
        next = std::max(next, update->update_id + 1);
        batch.push_back(std::move(*update));
    }
    if (batch.empty()) co_return list->empty();
    std::string reason;
    try {
        co_await deliver_(std::move(batch));
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
    auto wait = backoff();
    if (error.retry_after_s)
        wait =
            std::min<Millis>(std::chrono::seconds(*error.retry_after_s), options_.retry_after_max);
    const bool other_reader = error.error_code == conflict;
    const std::string reason =
        other_reader
            ? error.text() + "; another program polls with this token, or a webhook is set: stop it"
            : error.text();
    report(events_, other_reader ? "telegram_poll_conflict" : "telegram_poll_failed", reason);
    co_await pause(wait);
}

// Doubles with each failure in a row up to a bound; the random half keeps many bots from coming
// back at once.
Millis UpdatePoller::backoff() {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto doublings = std::clamp(failures_ - 1, 0, backoff_doublings_max);
    const auto full = std::min(options_.backoff_first * (1 << doublings), options_.backoff_max);
    std::uniform_int_distribution<Millis::rep> half(full.count() / 2, full.count());
    return Millis(half(random));
}

}  // namespace tgstats
