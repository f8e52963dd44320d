#pragma once
// The rows of the store as plain values. Times are Unix seconds; an id that is not known is 0.

#include <cstdint>
#include <optional>
#include <string>

namespace tgstats {

struct ChatRow {
    std::int64_t id = 0;
    std::string type;  // private, group, supergroup, channel
    std::string title;
    std::string username;
    bool is_forum = false;
};

struct ChatSettings {
    std::string timezone = "UTC";  // an IANA name
    std::string locale = "en";
    bool store_text = true;
    bool capture_reactions = true;
};

struct UserRow {
    std::int64_t id =
        0;  // negative: a chat that speaks as itself (a channel, an anonymous administrator)
    std::string first_name;
    std::string last_name;
    std::string username;
    bool is_bot = false;
    std::string language = {};  // an IETF tag; empty: not told
    bool is_premium = false;
};

struct MessageRow {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::int64_t user_id = 0;  // who counts as the author: sender_chat_id where that is set
    std::int64_t sender_chat_id = 0;
    std::int64_t date = 0;
    std::int64_t edit_date = 0;
    std::int64_t thread_id = 0;  // forum topic
    std::int64_t reply_to_message_id = 0;
    std::int64_t reply_to_user_id = 0;
    std::string text;         // text or caption; empty where the chat does not store texts
    std::int64_t length = 0;  // code points of the text or caption
    std::int64_t url_count = 0;
    std::int64_t emoji_count = 0;
    std::string media_type;  // photo, sticker, voice_message …; empty for plain text
    std::string via_bot;
    std::string forwarded_from;
};

struct ServiceRow {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::int64_t date = 0;
    std::int64_t actor_id = 0;
    std::string action;   // new_chat_members, pin_message …
    std::string details;  // JSON
};

struct ReactionRow {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::int64_t user_id = 0;  // 0: people whose names are not given
    std::string reaction;      // an emoji, "custom:ID" or "paid"
    std::int64_t count = 1;
    std::int64_t date = 0;
};

// A change of somebody's membership.
struct MembershipRow {
    std::int64_t chat_id = 0;
    std::int64_t user_id = 0;
    std::string status;  // creator, administrator, member, restricted, left, kicked
    std::int64_t date = 0;
    std::string from = {};      // the status before; empty: not told
    std::int64_t actor_id = 0;  // who did it
    std::string details = {};   // JSON: rights, until when, invite link; empty: not told
};

}  // namespace tgstats
