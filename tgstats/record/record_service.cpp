#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/message_shape.h"
#include "tgstats/record/record_parts.h"
#include "tgstats/store/chat_history.h"
#include "tgstats/store/service_actions.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace {

constexpr std::int64_t general_topic = 1;

// A pinned message is stored as a message, if at all.
std::string details_of(const json::object& message, std::string_view action, bool with_text) {
    if (action == "pinned_message") {
        const auto* pinned = object_member(message, action);
        const auto id = pinned != nullptr ? message_id_in(*pinned) : 0;
        return json::serialize(json::object{{"message_id", id}});
    }
    return with_text || is_wordless(action) ? json::serialize(message.at(action)) : "null";
}

struct Service {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    std::int64_t date = 0;
    std::int64_t actor_id = 0;
};

void record_members(Store& store, const json::object& message, const Service& at) {
    const auto put = [&](const json::object& user, const char* status, const char* from) {
        record_person(store, &user);
        const auto id = integer_in(user, "id");
        if (id == 0) return;
        MembershipRow row{.chat_id = at.chat_id, .user_id = id, .status = status, .date = at.date};
        row.from = from;
        row.actor_id = at.actor_id;
        store.put_membership(row);
    };
    if (const auto* members = array_member(message, "new_chat_members"))
        for (const auto& member : *members)
            if (const auto* user = member.if_object()) put(*user, "member", "left");
    if (const auto* user = object_member(message, "left_chat_member")) put(*user, "left", "member");
}

void record_topic(Store& store, const json::object& message, const Service& at) {
    const auto thread = integer_in(message, "message_thread_id");
    const bool general = message.contains("general_forum_topic_hidden") ||
                         message.contains("general_forum_topic_unhidden");
    const auto* created = object_member(message, "forum_topic_created");
    const auto* edited = object_member(message, "forum_topic_edited");
    const bool closed = message.contains("forum_topic_closed");
    if (!general && created == nullptr && edited == nullptr && !closed &&
        !message.contains("forum_topic_reopened"))
        return;
    const auto own = created != nullptr ? at.message_id : general_topic;
    const auto thread_id = general || thread == 0 ? own : thread;
    TopicRow unknown;
    unknown.chat_id = at.chat_id;
    unknown.thread_id = thread_id;
    auto row = topic(store, at.chat_id, thread_id).value_or(unknown);
    if (created != nullptr) {
        row.created = at.date;
        row.creator_id = at.actor_id;
    }
    if (const auto* named = created != nullptr ? created : edited; named != nullptr) {
        if (const auto name = text_member(*named, "name"); !name.empty()) row.name = name;
        if (named->contains("icon_custom_emoji_id"))
            row.icon = text_member(*named, "icon_custom_emoji_id");
    }
    if (general)
        row.hidden = message.contains("general_forum_topic_hidden");
    else if (closed || message.contains("forum_topic_reopened"))
        row.closed = closed;
    put_topic(store, row);
}

// Telegram tells a move twice, in the old chat and in the new one, in either order.
void record_move(Store& store, const json::object& message, std::int64_t said_chat_id) {
    if (const auto to = integer_in(message, "migrate_to_chat_id"); to != 0)
        store.migrate_chat(said_chat_id, to);
    if (const auto from = integer_in(message, "migrate_from_chat_id"); from != 0)
        store.migrate_chat(from, said_chat_id);
}

}  // namespace

void record_service(Store& store, const json::object& message, std::string_view action) {
    const auto& chat = *object_member(message, "chat");
    const auto said_chat_id = integer_in(chat, "id");
    const auto date = date_in(message, "date");
    const auto actor_id = author_of(message).id;
    if (const auto title = text_member(message, "new_chat_title"); !title.empty())
        put_title(store, {.chat_id = store.current_chat_id(said_chat_id),
                          .since = date,
                          .title = title,
                          .actor_id = actor_id});
    record_chat(store, chat, date);
    record_move(store, message, said_chat_id);
    const auto place = store.place(said_chat_id, message_id_in(message));
    const Service at{place.chat_id, place.message_id, date, actor_id};
    record_members(store, message, at);
    record_topic(store, message, at);
    const bool with_text = store.settings(at.chat_id).store_text;
    store.put_service({.chat_id = at.chat_id,
                       .message_id = at.message_id,
                       .date = date,
                       .actor_id = actor_id,
                       .action = std::string(action),
                       .details = details_of(message, action, with_text)});
}

}  // namespace tgstats
