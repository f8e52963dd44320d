#pragma once
// An Update as the bot needs it: its id, its kind, and a view of its message. The whole JSON stays
// beside it.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "hotreload/base/asio.h"
#include "hotreload/model/limits.h"

namespace tgstats {

namespace json = boost::json;

enum class UpdateKind {
    message,
    edited_message,
    channel_post,
    edited_channel_post,
    message_reaction,
    message_reaction_count,
    callback_query,
    my_chat_member,
    chat_member,
    chat_join_request,
    business_connection,
    business_message,
    edited_business_message,
    deleted_business_messages,
    other,
};
std::string_view to_string(UpdateKind kind);  // the Bot API's member name
// Of a person's account that is connected with the bot: read, never answered.
bool is_business(UpdateKind kind);

// What routing needs of a message. Ids that are missing are 0.
struct MessageView {
    std::int64_t chat_id = 0;
    std::string chat_type;  // private, group, supergroup, channel
    std::int64_t message_id = 0;
    std::int64_t thread_id = 0;  // the forum topic; 0 outside of topics
    std::int64_t date = 0;
    std::int64_t user_id = 0;
    bool from_bot = false;
    std::string text;  // the text, or the caption of a medium
};

// Objects and arrays within each other: with what a worker gets around it, it is a message of the
// protocol. Telegram's own are a dozen deep.
inline constexpr std::size_t update_depth_max = hotreload::limits::message_depth_max - 8;
inline constexpr std::size_t update_bytes_max = 1U << 20;

struct Update {
    std::int64_t update_id = 0;
    UpdateKind kind = UpdateKind::other;
    std::int64_t chat_id = 0;            // of whatever kind; 0 when the update belongs to no chat
    std::optional<MessageView> message;  // of every kind that is a message or holds one
    json::object raw;
    // Why nothing of it can be kept but its number, in which case the rest is empty; empty when all
    // is well.
    std::string fault;

    // The message's JSON inside `raw`; null where there is none.
    [[nodiscard]] const json::object* message_json() const;
};

// Takes a batch in order. When it returns, the batch is durable: only then the server is told that
// it has arrived. When it throws, the same batch is delivered again later.
using DeliverUpdates = std::function<hotreload::Task<void>(std::vector<Update> batch)>;

// From its JSON. nullopt when it does not end, or has no update_id. What cannot be read, or could
// not be read again where it is to go, has a fault.
std::optional<Update> read_update(std::string_view text);
std::optional<Update> parse_update(json::object raw);
// A whole number from 0 to the largest that JSON knows; nullopt where there is none.
std::optional<std::int64_t> update_id_in(const json::object& raw);
UpdateKind update_kind(const json::object& update);
// The forum topic of a message, or 0: replies outside of forums carry a thread id, too, which is no
// topic.
std::int64_t topic_of(const json::object& message);
MessageView view_message(const json::object& message);
// Everything that the bot wants to get; reactions and member changes come only when they are asked
// for. Those of business accounts come where somebody has connected one.
json::array allowed_updates();

}  // namespace tgstats
