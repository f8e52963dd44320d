#include "tgstats/record/message_shape.h"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/detail_shape.h"
#include "tgstats/record/text_metrics.h"
#include "tgstats/store/service_actions.h"
#include "tgstats/telegram/json_fields.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

namespace {

// A medium whose message also has the members of another one comes first: an animation is a
// document, too, a venue a location.
constexpr std::array<std::string_view, 21> media_types{
    "animation", "live_photo", "photo",    "video",      "audio",   "voice",    "video_note",
    "sticker",   "document",   "story",    "paid_media", "contact", "dice",     "game",
    "poll",      "venue",      "location", "checklist",  "invoice", "giveaway", "giveaway_winners"};

std::int64_t entity_links(const json::object& message, std::string_view name) {
    const auto* entities = array_member(message, name);
    if (entities == nullptr) return 0;
    return std::count_if(entities->begin(), entities->end(), [](const json::value& entity) {
        const auto* object = entity.if_object();
        if (object == nullptr) return false;
        const auto type = text_member(*object, "type");
        return type == "url" || type == "text_link";
    });
}

// In a forum every message of a topic points at the message that opened the topic: that is no
// reply.
bool points_at_topic(const json::object& target, std::int64_t thread_id) {
    return target.contains("forum_topic_created") ||
           (thread_id != 0 && message_id_in(target) == thread_id);
}

// The chat that a message speaks as; null for a person's message.
const json::object* speaking_chat(const json::object& message) {
    if (const auto* chat = object_member(message, "sender_chat")) return chat;
    const auto* from = object_member(message, "from");
    const auto from_id = from != nullptr ? integer_in(*from, "id") : 0;
    if (from_id == anonymous_admin_id) return object_member(message, "chat");
    return from_id == telegram_id ? object_member(message, "forward_from_chat") : nullptr;
}

// What a message answers: in this chat, of whatever topic, stored or not.
void read_reply(MessageRow& row, const json::object& message) {
    if (const auto* target = object_member(message, "reply_to_message")) {
        if (points_at_topic(*target, row.thread_id)) return;
        row.reply_to_message_id = message_id_in(*target);
        row.reply_to_user_id = author_of(*target).id;
        return;
    }
    const auto* reply = object_member(message, "external_reply");
    const auto* chat = reply != nullptr ? object_member(*reply, "chat") : nullptr;
    if (chat == nullptr || integer_in(*chat, "id") != row.chat_id) return;
    row.reply_to_message_id = message_id_in(*reply);
    if (const auto* origin = object_member(*reply, "origin"))
        row.reply_to_user_id = origin_of(*origin).author_id();
}

}  // namespace

const json::object* object_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

const json::array* array_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr ? value->if_array() : nullptr;
}

std::string text_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

bool true_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

ChatRow chat_of(const json::object& chat) {
    auto title = text_member(chat, "title");
    if (title.empty()) {
        title = text_member(chat, "first_name");
        if (const auto last = text_member(chat, "last_name"); !last.empty()) title += " " + last;
    }
    return {integer_in(chat, "id"), text_member(chat, "type"), title, text_member(chat, "username"),
            true_member(chat, "is_forum")};
}

UserRow user_of(const json::object& user) {
    return {integer_in(user, "id"),         text_member(user, "first_name"),
            text_member(user, "last_name"), text_member(user, "username"),
            true_member(user, "is_bot"),    text_member(user, "language_code"),
            true_member(user, "is_premium")};
}

UserRow chat_as_user(const json::object& chat) {
    const auto row = chat_of(chat);
    return {.id = row.id,
            .first_name = row.title,
            .last_name = "",
            .username = row.username,
            .is_bot = false};
}

UserRow author_of(const json::object& message) {
    if (const auto* chat = speaking_chat(message)) return chat_as_user(*chat);
    if (const auto* from = object_member(message, "from")) return user_of(*from);
    return {};
}

std::string media_type_of(const json::object& message) {
    for (const auto type : media_types)
        if (message.contains(type)) return std::string(type);
    return {};
}

std::string_view service_action_of(const json::object& message) {
    for (const auto& action : service_actions)
        if (message.contains(action.name)) return action.name;
    return {};
}

MessageRow message_row_of(const json::object& message) {
    MessageRow row;
    if (const auto* chat = object_member(message, "chat")) row.chat_id = integer_in(*chat, "id");
    row.message_id = message_id_in(message);
    row.user_id = author_of(message).id;
    if (const auto* chat = speaking_chat(message)) row.sender_chat_id = integer_in(*chat, "id");
    row.date = date_in(message, "date");
    row.edit_date = date_in(message, "edit_date");
    row.thread_id = topic_of(message);
    read_reply(row, message);
    const bool captioned = !message.contains("text");
    row.text = text_member(message, captioned ? "caption" : "text");
    row.length = code_points(row.text);
    row.emoji_count = count_emoji(row.text);
    row.url_count = std::max(entity_links(message, captioned ? "caption_entities" : "entities"),
                             count_http_links(row.text));
    row.media_type = media_type_of(message);
    const auto* bot = object_member(message, "via_bot");
    if (bot == nullptr) bot = object_member(message, "sender_business_bot");
    if (bot != nullptr) row.via_bot = text_member(*bot, "username");
    row.forwarded_from = forward_of(message).name;
    return row;
}

}  // namespace tgstats
