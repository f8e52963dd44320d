#include "tgstats/telegram/update.h"

#include <array>
#include <utility>

#include <boost/json/value.hpp>

#include "hotreload/base/json_text.h"
#include "tgstats/telegram/json_fields.h"
#include "tgstats/telegram/json_parts.h"

namespace tgstats {

namespace {

using Named = std::pair<UpdateKind, std::string_view>;

// Telegram's are far smaller; as an offset, one beyond it would hide all that come after.
constexpr std::int64_t update_id_max = std::int64_t{1} << 53;

constexpr std::array kinds{
    Named{UpdateKind::message, "message"},
    Named{UpdateKind::edited_message, "edited_message"},
    Named{UpdateKind::channel_post, "channel_post"},
    Named{UpdateKind::edited_channel_post, "edited_channel_post"},
    Named{UpdateKind::message_reaction, "message_reaction"},
    Named{UpdateKind::message_reaction_count, "message_reaction_count"},
    Named{UpdateKind::callback_query, "callback_query"},
    Named{UpdateKind::my_chat_member, "my_chat_member"},
    Named{UpdateKind::chat_member, "chat_member"},
    Named{UpdateKind::chat_join_request, "chat_join_request"},
    Named{UpdateKind::business_connection, "business_connection"},
    Named{UpdateKind::business_message, "business_message"},
    Named{UpdateKind::edited_business_message, "edited_business_message"},
    Named{UpdateKind::deleted_business_messages, "deleted_business_messages"},
};

const json::object* object_in(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr ? value->if_object() : nullptr;
}

std::string text_in(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    const auto* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string(text->data(), text->size()) : std::string();
}

bool true_in(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr && value->is_bool() && value->get_bool();
}

// The member of the update that its kind names.
const json::object* body_of(const json::object& raw, UpdateKind kind) {
    return object_in(raw, to_string(kind));
}

const json::object* message_of(const json::object& raw, UpdateKind kind) {
    switch (kind) {
        case UpdateKind::message:
        case UpdateKind::edited_message:
        case UpdateKind::channel_post:
        case UpdateKind::edited_channel_post:
        case UpdateKind::business_message:
        case UpdateKind::edited_business_message:
            return body_of(raw, kind);
        case UpdateKind::callback_query: {
            const auto* query = body_of(raw, kind);
            return query != nullptr ? object_in(*query, "message") : nullptr;
        }
        default:
            return nullptr;
    }
}

// Of a text that is no JSON as a whole.
std::optional<std::int64_t> id_in_text(std::string_view text) {
    json::object only;
    if (const auto members = json_members(text))
        for (const auto& [key, value] : *members)
            if (key == "update_id")
                if (auto id = hotreload::parse_json(value)) only[key] = std::move(*id);
    return update_id_in(only);
}

}  // namespace

std::string_view to_string(UpdateKind kind) {
    for (const auto& [one, name] : kinds)
        if (one == kind) return name;
    return "other";
}

bool is_business(UpdateKind kind) {
    return kind == UpdateKind::business_connection || kind == UpdateKind::business_message ||
           kind == UpdateKind::edited_business_message ||
           kind == UpdateKind::deleted_business_messages;
}

UpdateKind update_kind(const json::object& update) {
    for (const auto& [kind, name] : kinds)
        if (object_in(update, name) != nullptr) return kind;
    return UpdateKind::other;
}

std::int64_t topic_of(const json::object& message) {
    const auto thread_id = integer_in(message, "message_thread_id");
    if (thread_id == 0 || true_in(message, "is_topic_message")) return thread_id;
    const auto* chat = object_in(message, "chat");
    const bool forum = chat != nullptr && true_in(*chat, "is_forum");
    return forum || object_in(message, "reply_to_message") == nullptr ? thread_id : 0;
}

MessageView view_message(const json::object& message) {
    MessageView view;
    if (const auto* chat = object_in(message, "chat")) {
        view.chat_id = integer_in(*chat, "id");
        view.chat_type = text_in(*chat, "type");
    }
    view.message_id = integer_in(message, "message_id");
    view.thread_id = topic_of(message);
    view.date = date_in(message, "date");
    if (const auto* from = object_in(message, "from")) {
        view.user_id = integer_in(*from, "id");
        view.from_bot = true_in(*from, "is_bot");
    }
    view.text = text_in(message, message.contains("text") ? "text" : "caption");
    return view;
}

std::optional<std::int64_t> update_id_in(const json::object& raw) {
    const auto* id = raw.if_contains("update_id");
    if (id == nullptr || !id->is_int64()) return std::nullopt;
    const auto number = id->get_int64();
    return number < 0 || number > update_id_max ? std::nullopt : std::optional(number);
}

std::optional<Update> parse_update(json::object raw) {
    const auto id = update_id_in(raw);
    if (!id) return std::nullopt;
    json::value whole(std::move(raw));
    Update update;
    update.update_id = *id;
    update.fault = hotreload::unwritable_reason(whole, update_depth_max);
    if (!update.fault.empty()) return update;
    update.raw = std::move(whole.get_object());
    update.kind = update_kind(update.raw);
    if (const auto* message = update.message_json()) {
        update.message = view_message(*message);
        update.chat_id = update.message->chat_id;
    } else if (const auto* body = body_of(update.raw, update.kind)) {
        if (const auto* chat = object_in(*body, "chat")) update.chat_id = integer_in(*chat, "id");
    }
    return update;
}

std::optional<Update> read_update(std::string_view text) {
    std::string fault = "it is larger than 1 MB";
    if (text.size() <= update_bytes_max) {
        auto value = hotreload::parse_json(text);
        if (value && !value->is_object()) return std::nullopt;
        if (value) return parse_update(std::move(value->get_object()));
        fault = json_depth(text) > hotreload::json_depth_max ? "it is nested too deep"
                                                             : value.error().reason;
    }
    const auto id = id_in_text(text);
    if (!id) return std::nullopt;
    Update update;
    update.update_id = *id;
    update.fault = std::move(fault);
    return update;
}

const json::object* Update::message_json() const { return message_of(raw, kind); }

json::array allowed_updates() {
    json::array names;
    for (const auto& [kind, name] : kinds) names.emplace_back(name);
    return names;
}

}  // namespace tgstats
