#include "tgstats/record/message_shape.h"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/text_metrics.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

namespace {

// A medium whose message also has the members of another one comes first: an animation is a
// document, too, a venue a location.
constexpr std::array<std::string_view, 21> media_types{
    "animation", "live_photo", "photo",    "video",      "audio",   "voice",    "video_note",
    "sticker",   "document",   "story",    "paid_media", "contact", "dice",     "game",
    "poll",      "venue",      "location", "checklist",  "invoice", "giveaway", "giveaway_winners"};

constexpr std::array<std::string_view, 52> service_actions{"new_chat_members",
                                                           "left_chat_member",
                                                           "new_chat_title",
                                                           "new_chat_photo",
                                                           "delete_chat_photo",
                                                           "group_chat_created",
                                                           "supergroup_chat_created",
                                                           "channel_chat_created",
                                                           "message_auto_delete_timer_changed",
                                                           "migrate_to_chat_id",
                                                           "migrate_from_chat_id",
                                                           "pinned_message",
                                                           "successful_payment",
                                                           "refunded_payment",
                                                           "users_shared",
                                                           "chat_shared",
                                                           "connected_website",
                                                           "write_access_allowed",
                                                           "passport_data",
                                                           "proximity_alert_triggered",
                                                           "boost_added",
                                                           "chat_background_set",
                                                           "checklist_tasks_done",
                                                           "checklist_tasks_added",
                                                           "direct_message_price_changed",
                                                           "paid_message_price_changed",
                                                           "forum_topic_created",
                                                           "forum_topic_edited",
                                                           "forum_topic_closed",
                                                           "forum_topic_reopened",
                                                           "general_forum_topic_hidden",
                                                           "general_forum_topic_unhidden",
                                                           "giveaway_created",
                                                           "giveaway_completed",
                                                           "video_chat_scheduled",
                                                           "video_chat_started",
                                                           "video_chat_ended",
                                                           "video_chat_participants_invited",
                                                           "web_app_data",
                                                           "suggested_post_approved",
                                                           "suggested_post_approval_failed",
                                                           "suggested_post_declined",
                                                           "suggested_post_paid",
                                                           "suggested_post_refunded",
                                                           "chat_owner_left",
                                                           "chat_owner_changed",
                                                           "managed_bot_created",
                                                           "poll_option_added",
                                                           "poll_option_deleted",
                                                           "gift",
                                                           "unique_gift",
                                                           "gift_upgrade_sent"};

std::int64_t entity_links(const json::object& message, std::string_view name) {
    const auto* value = message.if_contains(name);
    const auto* entities = value != nullptr ? value->if_array() : nullptr;
    if (entities == nullptr) return 0;
    return std::count_if(entities->begin(), entities->end(), [](const json::value& entity) {
        const auto* object = entity.if_object();
        if (object == nullptr) return false;
        const auto type = text_member(*object, "type");
        return type == "url" || type == "text_link";
    });
}

std::string origin_name(const json::object& origin) {
    for (const auto name : {"sender_user", "sender_chat", "chat"})
        if (const auto* who = object_member(origin, name)) {
            const auto title = text_member(*who, "title");
            return title.empty() ? text_member(*who, "first_name") : title;
        }
    return text_member(origin, "sender_user_name");
}

// In a forum every message of a topic points at the message that opened the topic: that is no
// reply.
bool points_at_topic(const json::object& target, std::int64_t thread_id) {
    return target.contains("forum_topic_created") ||
           (thread_id != 0 && integer_member(target, "message_id") == thread_id);
}

}  // namespace

const json::object* object_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

std::int64_t integer_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->get_int64();
    return value->is_uint64() ? static_cast<std::int64_t>(value->get_uint64()) : 0;
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
    return {integer_member(chat, "id"), text_member(chat, "type"), title,
            text_member(chat, "username"), true_member(chat, "is_forum")};
}

UserRow user_of(const json::object& user) {
    return {integer_member(user, "id"), text_member(user, "first_name"),
            text_member(user, "last_name"), text_member(user, "username"),
            true_member(user, "is_bot")};
}

UserRow chat_as_user(const json::object& chat) {
    const auto row = chat_of(chat);
    return {row.id, row.title, "", row.username, false};
}

UserRow author_of(const json::object& message) {
    if (const auto* chat = object_member(message, "sender_chat")) return chat_as_user(*chat);
    if (const auto* from = object_member(message, "from")) return user_of(*from);
    return {};
}

std::string media_type_of(const json::object& message) {
    for (const auto type : media_types)
        if (message.contains(type)) return std::string(type);
    return {};
}

std::string_view service_action_of(const json::object& message) {
    for (const auto action : service_actions)
        if (message.contains(action)) return action;
    return {};
}

MessageRow message_row_of(const json::object& message) {
    MessageRow row;
    if (const auto* chat = object_member(message, "chat"))
        row.chat_id = integer_member(*chat, "id");
    row.message_id = integer_member(message, "message_id");
    row.user_id = author_of(message).id;
    if (const auto* chat = object_member(message, "sender_chat"))
        row.sender_chat_id = integer_member(*chat, "id");
    row.date = integer_member(message, "date");
    row.edit_date = integer_member(message, "edit_date");
    row.thread_id = topic_of(message);
    if (const auto* target = object_member(message, "reply_to_message");
        target != nullptr && !points_at_topic(*target, row.thread_id)) {
        row.reply_to_message_id = integer_member(*target, "message_id");
        row.reply_to_user_id = author_of(*target).id;
    }
    const bool captioned = !message.contains("text");
    row.text = text_member(message, captioned ? "caption" : "text");
    row.length = code_points(row.text);
    row.emoji_count = count_emoji(row.text);
    row.url_count = std::max(entity_links(message, captioned ? "caption_entities" : "entities"),
                             count_http_links(row.text));
    row.media_type = media_type_of(message);
    if (const auto* bot = object_member(message, "via_bot"))
        row.via_bot = text_member(*bot, "username");
    if (const auto* origin = object_member(message, "forward_origin"))
        row.forwarded_from = origin_name(*origin);
    return row;
}

}  // namespace tgstats
