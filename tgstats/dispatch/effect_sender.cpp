#include "tgstats/dispatch/effect_sender.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>

#include "hotreload/base/unix_time.h"

namespace tgstats {
namespace {

constexpr int doublings_max = 10;

// A gateway's word: whoever is behind it may have done it all the same.
bool gateway_failed(const ApiError& error) {
    return error.error_code == 502 || error.error_code == 504;
}

bool certainly_not_taken(const ApiError& error) {
    return error.not_sent || (error.kind == ApiError::Kind::api && !gateway_failed(error));
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
    if (attempt >= send_attempts_max) return {};
    if (error.retry_after_s) {
        const Millis pause = std::chrono::seconds(*error.retry_after_s);
        return pause > send_pause_max ? Fate{} : Fate{Kind::again, pause};
    }
    const bool refused = error.kind == ApiError::Kind::api && error.error_code < 500;
    return refused ? Fate{} : Fate{Kind::again, backoff(attempt)};
}

EffectSender::EffectSender(Parts parts) : parts_(std::move(parts)) {}

Task<ApiResult> EffectSender::attempt(const Effect& effect) {
    const auto deadline = effect.files.empty() ? api_call_deadline : api_upload_deadline;
    return parts_.api.call(effect.method, effect.params, effect.files, deadline);
}

Task<ApiResult> EffectSender::send(Effect effect) {
    const hotreload::Stopwatch watch;
    for (int number = 1;; ++number) {
        auto result = co_await attempt(effect);
        if (result.has_value()) {
            auto work = [this, value = *result](Store& store) { record(store, value); };
            co_await parts_.store.run(work);
            co_return result;
        }
        const auto age = std::chrono::duration_cast<Millis>(watch.total());
        // A plugin is waiting: no longer than for the other reasons to try again.
        auto fate = fate_of(result.error(), effect.method, number, age);
        if (fate.kind != Fate::Kind::again || number >= send_attempts_max) co_return result;
        asio::steady_timer timer(parts_.executor, fate.pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
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
