#pragma once
// Sends what a handler decided: Bot API calls in order, retried where Telegram asks to wait,
// recorded when they are messages.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "hotreload/event/event_log.h"
#include "tgstats/store/store_thread.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr int send_attempts_max = 4;
inline constexpr Millis send_pause_max{60'000};  // a longer retry_after gives the effect up
inline constexpr std::size_t effects_max = 50;   // of one handler call
inline constexpr std::size_t effect_files_bytes_max = 50U << 20;

// One effect, checked: a Bot API method with its parameters and files.
struct Effect {
    std::string method;
    json::object params;
    std::vector<Upload> files;
};

// Where effects go that name no chat.
struct EffectTarget {
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0;
};

// The error says what is wrong with the effect, for its plugin's author.
Result<Effect, std::string> parse_effect(const json::value& value, const EffectTarget& target);
// The "effects" of a handler's result.
Result<std::vector<Effect>, std::string> parse_effects(const json::value& result,
                                                       const EffectTarget& target);

// Records a message that the bot has sent: no update announces those. Runs on the store's thread.
using RecordOwn = std::function<void(Store& store, const json::object& message)>;

class EffectSender {
public:
    struct Parts {
        asio::any_io_executor executor;
        BotApi& api;
        StoreThread& store;
        hotreload::EventLog& events;
        RecordOwn record_own;
    };
    explicit EffectSender(Parts parts);

    // One effect; the Bot API's result or its last error.
    Task<ApiResult> send(Effect effect);
    // All in order; stops at the first that cannot be sent and tells it as the event effect_failed
    // {plugin, method, reason}.
    Task<bool> send_all(std::vector<Effect> effects, std::string plugin);

private:
    Task<void> record(const json::value& result);

    Parts parts_;
};

}  // namespace tgstats
