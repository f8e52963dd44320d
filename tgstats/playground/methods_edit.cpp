// What a bot does to messages that are there: edit, delete, react; and answers to pressed buttons.

#include "tgstats/playground/formatting.h"
#include "tgstats/playground/methods.h"

namespace tgstats::playground {

namespace {

using Answer = Outcome<json::value>;

constexpr std::size_t delete_at_once_max = 100;
constexpr std::size_t callback_answer_units_max = 200;

struct Target {
    Chat* chat;
    Message* message;
};

Outcome<Target> editable(Caller caller, const Arguments& arguments) {
    const auto id = arguments.integer("message_id");
    if (!id && !arguments.has("inline_message_id"))
        return bad_request("message identifier is not specified");
    if (!id) return bad_request("MESSAGE_ID_INVALID");
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    auto* message = (*chat)->message(*id);
    if (!message) return bad_request("message to edit not found");
    const auto* from = message->body.if_contains("from");
    if (!from || from->as_object().at("id") != caller.bot.user.id)
        return bad_request("message can't be edited");
    return Target{*chat, message};
}

bool has_media(const json::object& body) {
    return body.contains("photo") || body.contains("document");
}

// Puts `next` in the place of the message, with the keyboard that is given now (or none).
Answer change(Caller caller, const Arguments& arguments, Target target, json::object next) {
    const auto markup = inline_keyboard(arguments);
    if (!markup) return markup.error();
    next.erase("reply_markup");
    if (!markup->is_null()) next["reply_markup"] = *markup;
    auto now = target.message->body;
    now.erase("edit_date");
    next.erase("edit_date");
    if (next == now) {
        return bad_request(
            "message is not modified: specified new message content and reply markup are exactly "
            "the "
            "same as a current content and reply markup of the message");
    }
    next["edit_date"] = unix_now();
    target.message->body = std::move(next);
    caller.playground.world.edited(*target.chat, *target.message);
    return json::value(target.message->body);
}

json::object replaced(json::object body, std::initializer_list<const char*> dropped,
                      json::object added) {
    for (const auto* name : dropped) body.erase(name);
    for (auto& [name, value] : added) body[name] = std::move(value);
    return body;
}

Answer edit_text(Caller caller, const Arguments& arguments) {
    auto content = formatted_fields(caller, arguments, message_text);
    if (!content) return content.error();
    if (content->empty()) return bad_request(message_text.empty);
    const auto target = editable(caller, arguments);
    if (!target) return target.error();
    if (has_media(target->message->body))
        return bad_request("there is no text in the message to edit");
    return change(caller, arguments, *target,
                  replaced(target->message->body, {"text", "entities"}, std::move(*content)));
}

Answer edit_caption(Caller caller, const Arguments& arguments) {
    auto content = formatted_fields(caller, arguments, message_caption);
    if (!content) return content.error();
    const auto target = editable(caller, arguments);
    if (!target) return target.error();
    if (!has_media(target->message->body))
        return bad_request("there is no caption in the message to edit");
    return change(
        caller, arguments, *target,
        replaced(target->message->body, {"caption", "caption_entities"}, std::move(*content)));
}

Answer edit_markup(Caller caller, const Arguments& arguments) {
    const auto target = editable(caller, arguments);
    if (!target) return target.error();
    return change(caller, arguments, *target, target->message->body);
}

Answer edit_media(Caller caller, const Arguments& arguments) {
    const auto media = arguments.structure("media");
    if (!media) return media.error();
    if (!media->is_object()) return bad_request("can't parse InputMedia: media must be an Object");
    const Arguments fields(media->get_object());
    const auto type = fields.text("type").value_or("");
    if (type != "photo" && type != "document")
        return bad_request("can't parse InputMedia: unsupported type");
    const auto target = editable(caller, arguments);
    if (!target) return target.error();
    auto content = formatted_fields(caller, fields, message_caption);
    if (!content) return content.error();
    const auto reference = fields.text("media").value_or("");
    const auto* upload =
        reference.starts_with("attach://") ? arguments.upload(reference.substr(9)) : nullptr;
    auto attached = attachment_from(caller, upload, reference,
                                    type == "photo" ? Attachment::photo : Attachment::document);
    if (!attached) return attached.error();
    for (auto& [name, value] : *attached) (*content)[name] = std::move(value);
    return change(caller, arguments, *target,
                  replaced(target->message->body,
                           {"text", "entities", "photo", "document", "caption", "caption_entities"},
                           std::move(*content)));
}

std::optional<ApiError> erase_one(Caller caller, Chat& chat, std::int64_t id) {
    const auto* message = chat.message(id);
    if (!message) return bad_request("message to delete not found");
    const auto* from = message->body.if_contains("from");
    const bool own = from && from->as_object().at("id") == caller.bot.user.id;
    if (!own && !chat.is_private() && !chat.has_admin(caller.bot.user.id)) {
        return bad_request("message can't be deleted");
    }
    caller.playground.world.erase_message(chat, id);
    return std::nullopt;
}

Answer delete_message(Caller caller, const Arguments& arguments) {
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    const auto id = arguments.integer("message_id");
    if (!id) return bad_request("message identifier is not specified");
    if (auto error = erase_one(caller, **chat, *id)) return std::move(*error);
    return json::value(true);
}

// Messages that cannot be found or deleted are skipped, as with Telegram.
Answer delete_messages(Caller caller, const Arguments& arguments) {
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    const auto ids = arguments.structure("message_ids");
    if (!ids) return ids.error();
    if (!ids->is_array() || ids->get_array().empty())
        return bad_request("message identifiers are not specified");
    if (ids->get_array().size() > delete_at_once_max)
        return bad_request("too many message identifiers specified");
    for (const auto& value : ids->get_array()) {
        const auto id = Arguments({{"id", value}}).integer("id");
        if (id) (void)erase_one(caller, **chat, *id);
    }
    return json::value(true);
}

Answer set_reaction(Caller caller, const Arguments& arguments) {
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    const auto id = arguments.integer("message_id");
    auto* message = id ? (*chat)->message(*id) : nullptr;
    if (!message) return bad_request("message to react not found");
    const auto reaction = arguments.structure("reaction");
    if (!reaction) return reaction.error();
    const auto wanted = reaction->is_array() ? reaction->get_array() : json::array();
    if (wanted.size() > 1) return bad_request("REACTIONS_TOO_MANY");
    for (const auto& value : wanted) {
        const auto* object = value.if_object();
        const Arguments fields(object ? *object : json::object());
        const bool emoji =
            fields.text("type") == "emoji" && !fields.text("emoji").value_or("").empty();
        if (!emoji && fields.text("type") != "custom_emoji") return bad_request("REACTION_INVALID");
    }
    auto& mine = message->reactions[caller.bot.user.id];
    json::object update{{"chat", caller.playground.world.describe(**chat)},
                        {"message_id", *id},
                        {"user", to_json(caller.bot.user)},
                        {"date", unix_now()},
                        {"old_reaction", mine},
                        {"new_reaction", wanted}};
    mine = wanted;
    caller.playground.world.note("reaction", (*chat)->id, std::move(update));
    return json::value(true);
}

Answer answer_callback(Caller caller, const Arguments& arguments) {
    const auto id = arguments.text("callback_query_id").value_or("");
    const auto found = caller.bot.callbacks.find(id);
    if (found == caller.bot.callbacks.end()) {
        return bad_request("query is too old and response timeout expired or query ID is invalid");
    }
    const auto text = arguments.text("text").value_or("");
    if (utf16_length(text) > callback_answer_units_max) return bad_request("MESSAGE_TOO_LONG");
    caller.playground.world.note("answer", found->second,
                                 {{"callback_query_id", id},
                                  {"text", text},
                                  {"show_alert", arguments.boolean("show_alert")},
                                  {"url", arguments.text("url").value_or("")}});
    caller.bot.callbacks.erase(found);
    return json::value(true);
}

}  // namespace

const std::vector<MethodEntry> edit_methods{
    {"editMessageText", edit_text},          {"editMessageCaption", edit_caption},
    {"editMessageReplyMarkup", edit_markup}, {"editMessageMedia", edit_media},
    {"deleteMessage", delete_message},       {"deleteMessages", delete_messages},
    {"setMessageReaction", set_reaction},    {"answerCallbackQuery", answer_callback}};

}  // namespace tgstats::playground
