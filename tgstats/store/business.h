#pragma once
// Business accounts that are connected with the bot, and their chats with other people. Each call
// is one transaction, or part of the open one.
//
// Telegram names such a chat by the other person's id, as it names the bot's own private chat with
// them and the same person's chats with other accounts, and each numbers its messages by itself. So
// it is kept as a chat of its own, under an id that Telegram gives to nothing. The bot has no place
// in it: texts are not stored unless its owner says so (business_texts.h), and it is in no list of
// chats that can be written to.

#include <cstdint>
#include <optional>
#include <string>

#include "tgstats/store/store.h"

namespace tgstats {

// The ids count up from here: below all of Telegram's, and still whole numbers to JavaScript.
inline constexpr std::int64_t business_chats_begin = -9'000'000'000'000'000;
inline constexpr std::int64_t business_chats_end = -8'000'000'000'000'000;

struct BusinessConnectionRow {
    std::string id;
    std::int64_t user_id = 0;       // whose account it is
    std::int64_t user_chat_id = 0;  // their private chat with the bot
    std::int64_t date = 0;
    bool enabled = true;
    std::string rights;  // JSON: what the bot might do in their name, and does not
};
void put_business_connection(Store& store, const BusinessConnectionRow& connection);
std::optional<BusinessConnectionRow> business_connection(Store& store, const std::string& id);

// The chat with that person; nullopt where nothing of it has been recorded.
std::optional<std::int64_t> business_chat(Store& store, const std::string& connection_id,
                                          std::int64_t person_id);
// The same, made where it is not there. An account that was connected anew goes on in its chats.
std::int64_t open_business_chat(Store& store, const std::string& connection_id,
                                std::int64_t person_id);
// That this person has an account or is the other one in a chat of somebody's.
void forget_business_of(Database& database, std::int64_t person_id);

}  // namespace tgstats
