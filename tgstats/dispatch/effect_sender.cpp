#include "tgstats/dispatch/effect_sender.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>

#include "hotreload/base/unix_time.h"

namespace tgstats {
namespace {

constexpr int doublings_max = 10;
constexpr int bad_request_code = 400;
constexpr int flood_code = 429;

// As if Telegram had said it.
ApiError own_refusal(int code, std::string why) {
    ApiError error;
    error.kind = ApiError::Kind::api;
    error.error_code = code;
    error.description = std::move(why);
    return error;
}

// A gateway's word: whoever is behind it may have done it all the same.
bool gateway_failed(const ApiError& error) {
    return error.error_code == 502 || error.error_code == 504;
}

bool certainly_not_taken(const ApiError& error) {
    return error.not_sent || (error.kind == ApiError::Kind::api && !gateway_failed(error));
}

// An edit that was made before: by a request whose answer was lost, or by somebody else.
bool is_so_already(const ApiError& error) {
    return error.kind == ApiError::Kind::api && error.error_code == bad_request_code &&
           error.description.find("message is not modified") != std::string::npos;
}

Millis backoff(int attempt) {
    return send_pause_first * (1 << std::clamp(attempt - 1, 0, doublings_max));
}

}  // namespace

Fate fate_of(const ApiError& error, std::string_view method, int attempt, Millis age) {
    using Kind = Fate::Kind;
    // Waiting for a connection does no harm and takes as long as it takes.
    if (error.not_sent)
        return age < send_age_max ? Fate{Kind::again, std::min(backoff(attempt), connect_pause_max)}
                                  : Fate{};
    if (!certainly_not_taken(error) && !repeatable(method)) return {Kind::unknown, Millis{0}};
    if (error.retry_after_s) {
        const Millis pause = std::chrono::seconds(*error.retry_after_s);
        return age + pause < send_age_max ? Fate{Kind::again, pause} : Fate{};
    }
    if (attempt >= send_attempts_max) return {};
    const bool refused = error.kind == ApiError::Kind::api && error.error_code < 500;
    return refused ? Fate{} : Fate{Kind::again, backoff(attempt)};
}

EffectSender::EffectSender(Parts parts) : parts_(std::move(parts)) {}

// The times are Telegram's, in whole seconds: each may be up to one later than it says.
Task<void> EffectSender::remember_sent(std::int64_t account_id) {
    const auto now = hotreload::unix_now();
    auto work = [account_id, since = now - longest_rate_window.count()](Store& store) {
        return sent_since(store, account_id, since);
    };
    const auto sent = co_await parts_.store.run(work);
    const auto monotonic = hotreload::monotonic_now();
    for (const auto& [chat_id, at, edit] : sent) {
        const auto kind = edit ? Sending::Kind::edit : Sending::Kind::message;
        const auto age = std::max<std::int64_t>(0, now - at - 1);
        parts_.gate.remember({kind, chat_id, 1}, monotonic - std::chrono::seconds(age));
    }
}

Task<ApiResult> EffectSender::call(const Effect& effect, SendGate::Pass pass, Millis deadline) {
    auto result = co_await parts_.api.call(effect.method, effect.params, effect.files, deadline);
    if (result.has_error() && result.error().retry_after_s)
        pass.refused(std::chrono::seconds(*result.error().retry_after_s));
    if (result.has_error() && is_so_already(result.error())) co_return json::value(true);
    co_return result;
}

Task<ApiResult> EffectSender::attempt(const Effect& effect, SendGate::Pass pass) {
    const auto deadline = effect.files.empty() ? api_call_deadline : api_upload_deadline;
    return call(effect, std::move(pass), deadline);
}

Task<ApiResult> EffectSender::notice(Effect effect, Millis deadline) {
    const auto number = parts_.gate.ask(sending_of(effect.method, effect.params), false);
    auto pass = co_await parts_.gate.wait(number, MonotonicTime::max());
    auto result = co_await call(effect, std::move(*pass), deadline);
    co_return result;
}

Task<ApiResult> EffectSender::send(Effect effect, std::string plugin, bool answer) {
    auto fitted = fit_effect(std::move(effect));
    if (fitted.has_error()) co_return own_refusal(bad_request_code, fitted.error());
    for (const auto& change : fitted->changes) tell(change, plugin, fitted->effects.front());
    std::optional<ApiResult> first;
    for (auto& one : fitted->effects) {
        auto result = co_await send_fitted(std::move(one), plugin, answer);
        if (result.has_error()) co_return result;
        if (!first) first = std::move(result);
    }
    co_return std::move(*first);
}

Task<ApiResult> EffectSender::send_fitted(Effect effect, std::string plugin, bool answer) {
    const hotreload::Stopwatch watch;
    const auto until = hotreload::deadline_after(send_now_wait_max);
    for (int number = 1;; ++number) {
        auto result = co_await attempt_in_time(effect, answer, until);
        if (result.has_value()) {
            auto work = [this, value = *result](Store& store) { record(store, value); };
            co_await parts_.store.run(work);
            co_return result;
        }
        if (auto plain = without_refused_markup(effect, result.error())) {
            tell({"as_plain_text", result.error().text()}, plugin, effect);
            effect = std::move(*plain);
            continue;
        }
        const auto age = std::chrono::duration_cast<Millis>(watch.total());
        // A plugin is waiting: no longer than for the other reasons to try again.
        auto fate = fate_of(result.error(), effect.method, number, age);
        if (fate.kind != Fate::Kind::again || number >= send_attempts_max) co_return result;
        if (result.error().retry_after_s) continue;  // the gate has the pause
        asio::steady_timer timer(parts_.executor, fate.pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Task<ApiResult> EffectSender::attempt_in_time(Effect effect, bool answer, MonotonicTime until) {
    auto late = own_refusal(flood_code, effect.method + ": too many messages wait for this chat");
    if (parts_.gate.waiting() >= sends_waiting_max) co_return late;
    const auto number = parts_.gate.ask(sending_of(effect.method, effect.params), answer);
    auto pass = co_await parts_.gate.wait(number, until);
    if (!pass.has_value()) co_return late;
    auto result = co_await attempt(effect, std::move(*pass));
    co_return result;
}

void EffectSender::tell(const Change& change, const std::string& plugin,
                        const Effect& effect) const {
    parts_.events.emit_host("effect_changed", hotreload::Level::warning,
                            {{"plugin", plugin},
                             {"method", effect.method},
                             {"chat_id", chat_of(effect)},
                             {"change", change.what},
                             {"reason", change.reason}});
}

// The bot's own messages come back in no update. An album's result is a list of them.
void EffectSender::record(Store& store, const json::value& result) const {
    if (const auto* list = result.if_array()) {
        for (const auto& one : *list)
            if (one.is_object()) record(store, one);
        return;
    }
    const auto* message = result.if_object();
    if (message != nullptr && message->contains("message_id") && message->contains("chat"))
        parts_.record_own(store, *message);
}

}  // namespace tgstats
