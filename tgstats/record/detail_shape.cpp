#include "tgstats/record/detail_shape.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/message_shape.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace {

std::string name_in(const json::object& who) {
    auto title = text_member(who, "title");
    return title.empty() ? text_member(who, "first_name") : title;
}

// The fields before Bot API 7.
Origin old_forward_of(const json::object& message) {
    Origin origin;
    origin.date = date_in(message, "forward_date");
    origin.signature = text_member(message, "forward_signature");
    if (const auto* user = object_member(message, "forward_from")) {
        origin.kind = "user";
        origin.name = name_in(*user);
        origin.user_id = integer_in(*user, "id");
    } else if (const auto* chat = object_member(message, "forward_from_chat")) {
        origin.kind = text_member(*chat, "type") == "channel" ? "channel" : "chat";
        origin.name = name_in(*chat);
        origin.chat_id = integer_in(*chat, "id");
        origin.message_id = integer_in(message, "forward_from_message_id");
    } else if (message.contains("forward_sender_name")) {
        origin.kind = "hidden_user";
        origin.name = text_member(message, "forward_sender_name");
    }
    return origin;
}

const json::object* last_object(const json::object& parent, std::string_view name) {
    const auto* list = array_member(parent, name);
    return list != nullptr && !list->empty() ? list->back().if_object() : nullptr;
}

// Photos come as a list of sizes, the largest last; a live photo is a file itself.
const json::object* file_of(const json::object& message, std::string_view medium) {
    const auto* file =
        medium == "photo" ? last_object(message, medium) : object_member(message, medium);
    return file != nullptr && file->contains("file_id") ? file : nullptr;
}

}  // namespace

Origin origin_of(const json::object& value) {
    Origin origin;
    origin.kind = text_member(value, "type");
    origin.date = date_in(value, "date");
    origin.signature = text_member(value, "author_signature");
    origin.message_id = message_id_in(value);
    if (const auto* user = object_member(value, "sender_user")) {
        origin.name = name_in(*user);
        origin.user_id = integer_in(*user, "id");
    } else if (const auto* sender = object_member(value, "sender_chat")) {
        origin.name = name_in(*sender);
        origin.chat_id = integer_in(*sender, "id");
    } else if (const auto* chat = object_member(value, "chat")) {
        origin.name = name_in(*chat);
        origin.chat_id = integer_in(*chat, "id");
    } else {
        origin.name = text_member(value, "sender_user_name");
    }
    return origin;
}

Origin forward_of(const json::object& message) {
    const auto* origin = object_member(message, "forward_origin");
    return origin != nullptr ? origin_of(*origin) : old_forward_of(message);
}

MessageDetails message_details_of(const json::object& message, bool with_text) {
    MessageDetails details;
    const auto* chat = object_member(message, "chat");
    if (chat != nullptr) details.chat_id = integer_in(*chat, "id");
    details.message_id = message_id_in(message);
    details.author_signature = text_member(message, "author_signature");
    details.album_id = text_member(message, "media_group_id");
    details.is_protected = true_member(message, "has_protected_content");
    const auto* entities =
        array_member(message, message.contains("text") ? "entities" : "caption_entities");
    if (with_text && entities != nullptr) details.entities = json::serialize(*entities);
    if (const auto* reply = object_member(message, "external_reply"))
        if (const auto* elsewhere = object_member(*reply, "chat");
            elsewhere != nullptr && integer_in(*elsewhere, "id") != details.chat_id) {
            details.external_chat_id = integer_in(*elsewhere, "id");
            details.external_message_id = message_id_in(*reply);
        }
    const auto forward = forward_of(message);
    details.forward_kind = forward.kind;
    details.forward_user_id = forward.user_id;
    details.forward_chat_id = forward.chat_id;
    details.forward_message_id = forward.message_id;
    details.forward_signature = forward.signature;
    details.forward_date = forward.date;
    details.automatic_forward = true_member(message, "is_automatic_forward");
    return details;
}

std::optional<MessageFile> message_file_of(const json::object& message, bool with_text) {
    const auto medium = media_type_of(message);
    const auto* file = medium.empty() ? nullptr : file_of(message, medium);
    if (file == nullptr) return std::nullopt;
    MessageFile row;
    row.file_id = text_member(*file, "file_id");
    row.unique_id = text_member(*file, "file_unique_id");
    if (with_text) row.name = text_member(*file, "file_name");
    row.mime_type = text_member(*file, "mime_type");
    row.size = integer_in(*file, "file_size");
    row.duration = integer_in(*file, "duration");
    const auto length = integer_in(*file, "length");  // of a round video: its diameter
    row.width = length != 0 ? length : integer_in(*file, "width");
    row.height = length != 0 ? length : integer_in(*file, "height");
    if (const auto* thumbnail = object_member(*file, "thumbnail"))
        row.thumbnail_id = text_member(*thumbnail, "file_id");
    return row;
}

}  // namespace tgstats
