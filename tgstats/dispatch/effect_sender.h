#pragma once
// Makes the Bot API calls that handlers decided, and says what is to become of one that failed.

#include <functional>

#include "hotreload/event/event_log.h"
#include "tgstats/dispatch/effects.h"
#include "tgstats/store/store_thread.h"

namespace tgstats {

inline constexpr int send_attempts_max = 4;
inline constexpr Millis send_pause_first{250};
inline constexpr Millis send_pause_max{60'000};  // a longer retry_after gives the effect up
inline constexpr Millis connect_pause_max{30'000};
inline constexpr Millis send_age_max{3'600'000};  // without a connection for so long: given up

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
        RecordOwn record_own;
    };
    explicit EffectSender(Parts parts);

    // One call, once. What it leads to is not recorded.
    Task<ApiResult> attempt(const Effect& effect);
    // The same with retries and record, for what is not kept in the outbox.
    Task<ApiResult> send(Effect effect);
    // Part of the open transaction: keeps the messages that a call's result holds.
    void record(Store& store, const json::value& result) const;

private:
    Parts parts_;
};

}  // namespace tgstats
