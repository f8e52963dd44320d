#pragma once
// People whose business account is connected with a bot: what is written, edited and deleted in
// their chats with others, which the bot is told and nobody else. Each account numbers its messages
// by itself, as with Telegram. Everything is bounded: the oldest goes.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tgstats/playground/api_error.h"
#include "tgstats/playground/bot.h"
#include "tgstats/playground/people.h"
#include "tgstats/playground/world.h"

namespace tgstats::playground {

inline constexpr std::size_t business_accounts_max = 1'000;

struct BusinessMessage {
    std::string connection_id;
    std::int64_t chat_id = 0;  // the other person
    std::int64_t from_id = 0;  // one of the two
    std::string text;
    std::optional<std::int64_t> reply_to_message_id;
};

class Business {
public:
    // `world` must outlive it.
    explicit Business(World& world) : world_(world) {}

    struct Connected {
        std::string connection_id;
        std::optional<std::int64_t> update_id;  // none when the bot does not get this kind
    };
    // Connects an account, or ends that: a connection that begins anew has another id. The bot may
    // read and nothing else.
    Outcome<Connected> connect(Bot& bot, User owner, bool enabled);
    Outcome<Posted> write(Bot& bot, BusinessMessage message);
    Outcome<Posted> edit(Bot& bot, const std::string& connection_id, std::int64_t message_id,
                         std::string text);
    struct Deletion {
        std::string connection_id;
        std::int64_t chat_id = 0;
        std::vector<std::int64_t> message_ids;  // those that are not there are not told
    };
    Outcome<std::optional<std::int64_t>> erase(Bot& bot, const Deletion& deletion);
    // A Bot API BusinessConnection; nullopt for an id that was never given to this bot.
    [[nodiscard]] std::optional<json::object> connection(const Bot& bot,
                                                         std::string_view connection_id) const;

private:
    struct Account {
        std::string connection_id;
        std::int64_t bot_id = 0;
        std::int64_t date = 0;
        bool enabled = false;
        std::int64_t last_message_id = 0;
        std::map<std::int64_t, json::object> messages;
    };
    [[nodiscard]] json::object describe(std::int64_t user_id, const Account& account) const;
    [[nodiscard]] json::object private_chat(std::int64_t person_id) const;
    // The account of a connection that stands; null for any other.
    [[nodiscard]] std::pair<const std::int64_t, Account>* connected(const Bot& bot,
                                                                    std::string_view connection_id);

    World& world_;
    std::map<std::int64_t, Account> accounts_;  // by the owner
    std::uint64_t last_connection_ = 0;
};

}  // namespace tgstats::playground
