#pragma once
// What a handler decided, checked: Bot API calls in order.

#include <cstdint>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "tgstats/store/outbox.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr std::size_t effects_max = 50;  // of one handler call
inline constexpr std::size_t effect_files_bytes_max = 50U << 20;

// One effect: a Bot API method with its parameters and files.
struct Effect {
    std::string method;
    json::object params;
    std::vector<Upload> files;
};

// Where effects go that name no chat; without one, they have to.
struct EffectTarget {
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0;
};

// The error says what is wrong with the effect, for its plugin's author.
Result<Effect, std::string> parse_effect(const json::value& value, const EffectTarget& target);
// The "effects" of a handler's result.
Result<std::vector<Effect>, std::string> parse_effects(const json::value& result,
                                                       const EffectTarget& target);

// A message of the bot's own words; the keyboard is an InlineKeyboardMarkup, empty for none.
Effect message_effect(const EffectTarget& target, std::string html, json::object keyboard = {});

// The chat that an effect goes to; 0 when it names none by number.
std::int64_t chat_of(const Effect& effect);
// The messages of that chat that a call takes away.
std::vector<std::int64_t> deleted_by(const Effect& effect);
// As it is kept until it has been sent.
OutboxEntry to_entry(const Effect& effect);
Effect from_entry(OutboxEntry entry);

}  // namespace tgstats
