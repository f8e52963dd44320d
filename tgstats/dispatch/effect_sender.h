#pragma once
// Makes the Bot API calls that handlers decided, none before the limits let it through, and says
// what is to become of one that failed.

#include <functional>

#include "hotreload/event/event_log.h"
#include "tgstats/dispatch/fit_effect.h"
#include "tgstats/dispatch/send_gate.h"
#include "tgstats/store/store_thread.h"

namespace tgstats {

inline constexpr int send_attempts_max = 4;
inline constexpr Millis send_pause_first{250};
inline constexpr Millis connect_pause_max{30'000};
// Without a connection or told to come later for so long: given up.
inline constexpr Millis send_age_max{3'600'000};
inline constexpr Millis send_now_wait_max{10'000};  // for the limits: a plugin waits meanwhile
inline constexpr std::size_t sends_waiting_max = 12'000;  // for the limits, all together

// What to do after a call that failed.
struct Fate {
    enum class Kind {
        again,    // Telegram has certainly not taken it: the same call after the pause
        refused,  // it will never take it
        unknown,  // it may have taken it, and doing it twice would be seen: not sent again
    };
    Kind kind = Kind::refused;
    Millis pause{0};
};
// `attempt` counts from 1; `age` is the time since the effect was decided.
Fate fate_of(const ApiError& error, std::string_view method, int attempt, Millis age);

// Records a message that the bot has sent: no update announces those. Runs on the store's thread.
using RecordOwn = std::function<void(Store& store, const json::object& message)>;

class EffectSender {
public:
    struct Parts {
        asio::any_io_executor executor;
        BotApi& api;
        StoreThread& store;
        SendGate& gate;
        hotreload::EventLog& events;
        RecordOwn record_own;
    };
    explicit EffectSender(Parts parts);

    // Counts what this account sent before the program was started.
    Task<void> remember_sent(std::int64_t account_id);
    [[nodiscard]] SendGate& gate() { return parts_.gate; }
    // One call that has passed the gate, once. What it leads to is not recorded.
    Task<ApiResult> attempt(const Effect& effect, SendGate::Pass pass);
    // One notice of the bot's own, once, when the limits let it through.
    Task<ApiResult> notice(Effect effect, Millis deadline);
    // For what is not kept in the outbox: made to fit, with retries and record. Of a text that
    // makes several messages the result is the first.
    Task<ApiResult> send(Effect effect, std::string plugin, bool answer);
    // Part of the open transaction: keeps the messages that a call's result holds.
    void record(Store& store, const json::value& result) const;
    // The event that says what was changed about a plugin's call.
    void tell(const Change& change, const std::string& plugin, const Effect& effect) const;

private:
    Task<ApiResult> send_fitted(Effect effect, std::string plugin, bool answer);
    Task<ApiResult> attempt_in_time(Effect effect, bool answer, MonotonicTime until);
    Task<ApiResult> call(const Effect& effect, SendGate::Pass pass, Millis deadline);

    Parts parts_;
};

}  // namespace tgstats
