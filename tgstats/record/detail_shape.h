#pragma once
// A Bot API Message's rarer parts as rows: where it was forwarded from, what it answers elsewhere,
// its file.

#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "tgstats/store/details.h"

namespace tgstats {

namespace json = boost::json;

// Whose message it was and how it came here, by the newest fields (forward_origin), else by those
// before Bot API 7 (forward_from …). `name` is for people: a title, a first name.
struct Origin {
    std::string kind;  // user, hidden_user, chat, channel; empty: not forwarded
    std::string name;
    std::int64_t user_id = 0;
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::string signature;
    std::int64_t date = 0;

    [[nodiscard]] std::int64_t author_id() const { return user_id != 0 ? user_id : chat_id; }
};
Origin origin_of(const json::object& message_origin);  // a MessageOrigin
Origin forward_of(const json::object& message);

// ids as in the message; without entities where `with_text` is false.
MessageDetails message_details_of(const json::object& message, bool with_text);
// The file of the message's medium, the largest one of a photo; without its name where `with_text`
// is false.
std::optional<MessageFile> message_file_of(const json::object& message, bool with_text);

}  // namespace tgstats
