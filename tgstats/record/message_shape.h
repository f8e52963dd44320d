#pragma once
// A Bot API Message as rows: its author, its kind, and what is counted in it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "tgstats/store/rows.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace json = boost::json;

// Telegram's own accounts, which stand in `from` for chats that speak.
inline constexpr std::int64_t telegram_id = 777'000;  // a channel's posts in its discussion group
inline constexpr std::int64_t anonymous_admin_id = 1'087'968'824;

const json::object* object_member(const json::object& parent, std::string_view name);
const json::array* array_member(const json::object& parent, std::string_view name);
std::string text_member(const json::object& parent, std::string_view name);
bool true_member(const json::object& parent, std::string_view name);

ChatRow chat_of(const json::object& chat);
UserRow user_of(const json::object& user);
// A chat that speaks as itself: a channel, an anonymous administrator.
UserRow chat_as_user(const json::object& chat);
// Who counts as the author of a message: sender_chat before from, and the group or the channel
// itself where `from` is one of Telegram's stand-ins; id 0 when nobody is named.
UserRow author_of(const json::object& message);

// "photo", "sticker", …; empty for plain text.
std::string media_type_of(const json::object& message);
// The member that makes this a service message ("new_chat_members"); empty for an ordinary one.
std::string_view service_action_of(const json::object& message);
MessageRow message_row_of(const json::object& message);

}  // namespace tgstats
