// What simulated people do besides writing: edit, press buttons, react, come and go.

#include "tgstats/playground/formatting.h"
#include "tgstats/playground/playground.h"

namespace tgstats::playground {

namespace {

constexpr std::size_t callbacks_max = 1'000;

bool has_button(const json::object& body, const std::string& data) {
    const auto* markup = body.if_contains("reply_markup");
    const auto* rows = markup ? markup->as_object().if_contains("inline_keyboard") : nullptr;
    if (!rows) return false;
    for (const auto& row : rows->as_array()) {
        for (const auto& button : row.as_array()) {
            const auto* own = button.as_object().if_contains("callback_data");
            if (own && own->is_string() && std::string_view(own->get_string()) == data) return true;
        }
    }
    return false;
}

bool is_emoji_reaction(const json::value& value) {
    const auto* object = value.if_object();
    const auto* type = object ? object->if_contains("type") : nullptr;
    const auto* emoji = object ? object->if_contains("emoji") : nullptr;
    return type && *type == "emoji" && emoji && emoji->is_string();
}

}  // namespace

std::optional<ApiError> rewrite(json::object& message, std::string text) {
    FormattedText formatted{std::move(text), {}};
    trim(formatted);
    if (formatted.text.empty()) return bad_request("message text is empty");
    const bool captioned = message.contains("photo") || message.contains("document");
    if (utf16_length(formatted.text) > (captioned ? caption_units_max : text_units_max))
        return bad_request("message is too long");
    add_detected_entities(formatted);
    message[captioned ? "caption" : "text"] = formatted.text;
    const char* entities = captioned ? "caption_entities" : "entities";
    message.erase(entities);
    if (!formatted.entities.empty()) message[entities] = formatted.entities;
    return std::nullopt;
}

Outcome<Posted> Playground::edit(std::int64_t chat_id, std::int64_t message_id, std::string text) {
    auto* chat = world.chat(chat_id);
    auto* message = chat ? chat->message(message_id) : nullptr;
    if (!message) return bad_request("message to edit not found");
    auto& body = message->body;
    if (auto error = rewrite(body, std::move(text))) return std::move(*error);
    body["edit_date"] = unix_now();
    world.edited(*chat, *message);
    Posted posted;
    posted.message_id = message_id;
    posted.update_id = deliver(*chat, "edited_message", body);
    return posted;
}

Outcome<std::string> Playground::press(Press press) {
    auto* chat = world.chat(press.chat_id);
    auto* message = chat ? chat->message(press.message_id) : nullptr;
    if (!message) return bad_request("message not found");
    const auto& body = message->body;
    if (!has_button(body, press.data)) return bad_request("the message has no such button");
    world.put_user(press.from);
    const auto id = std::to_string(unix_now()) + std::to_string(++last_callback_);
    json::object query{{"id", id},
                       {"from", to_json(*world.user(press.from.id))},
                       {"message", body},
                       {"chat_instance", std::to_string(press.chat_id)},
                       {"data", press.data}};
    const auto author = body.at("from").as_object().at("id").to_number<std::int64_t>();
    for (const auto& bot : bots_) {
        if (bot->user.id != author) continue;
        if (bot->callbacks.size() >= callbacks_max) bot->callbacks.erase(bot->callbacks.begin());
        bot->callbacks[id] = press.chat_id;
        bot->updates.push("callback_query", query);
    }
    return id;
}

std::optional<ApiError> Playground::react(UserReaction reaction) {
    auto* chat = world.chat(reaction.chat_id);
    auto* message = chat ? chat->message(reaction.message_id) : nullptr;
    if (!message) return bad_request("message to react not found");
    for (const auto& value : reaction.reaction) {
        if (!is_emoji_reaction(value)) return bad_request("REACTION_INVALID");
    }
    world.put_user(reaction.from);
    auto& mine = message->reactions[reaction.from.id];
    if (mine == reaction.reaction) return std::nullopt;
    const json::object update{{"chat", world.describe(*chat)},
                              {"message_id", reaction.message_id},
                              {"user", to_json(*world.user(reaction.from.id))},
                              {"date", unix_now()},
                              {"old_reaction", mine},
                              {"new_reaction", reaction.reaction}};
    mine = std::move(reaction.reaction);
    world.note("reaction", chat->id, update);
    // As Telegram has it: in groups only administrators hear of reactions.
    for (const auto& bot : bots_) {
        if (chat->is_private() || chat->has_admin(bot->user.id))
            bot->updates.push("message_reaction", update);
    }
    return std::nullopt;
}

std::optional<ApiError> Playground::set_member(std::int64_t chat_id, User user,
                                               const std::string& status) {
    auto* chat = world.chat(chat_id);
    if (!chat || chat->is_private()) return bad_request("chat not found");
    if (status != "member" && status != "administrator" && status != "left" && status != "kicked") {
        return bad_request("status must be member, administrator, left or kicked");
    }
    const auto id = user.id;
    if (id <= 0) return bad_request("user.id is empty");
    const auto* known = world.user(id);
    if (!known || !known->is_bot) world.put_user(std::move(user));
    auto& current = chat->members[id];
    const auto before = current.empty() ? std::string("left") : current;
    current = status;
    if (before != status) note_member(*chat, id, before);
    return std::nullopt;
}

// The service message that people see, and what bots are told.
void Playground::note_member(Chat& chat, std::int64_t user_id, const std::string& before) {
    const auto& user = *world.user(user_id);
    const auto now = chat.members.at(user_id);
    const bool was_in = before != "left" && before != "kicked";
    const bool is_in = chat.has_member(user_id);
    json::object body{{"from", to_json(user)}};
    if (is_in && !was_in) body["new_chat_members"] = json::array{to_json(user)};
    if (was_in && !is_in) body["left_chat_member"] = to_json(user);
    if (body.size() > 1) deliver(chat, "message", world.add_message(chat, std::move(body)).body);
    const json::object update{{"chat", world.describe(chat)},
                              {"from", to_json(user)},
                              {"date", unix_now()},
                              {"old_chat_member", chat_member(user, before)},
                              {"new_chat_member", chat_member(user, now)}};
    world.note("members", chat.id, update);
    for (const auto& bot : bots_) {
        if (bot->user.id == user_id)
            bot->updates.push("my_chat_member", update);
        else if (chat.has_admin(bot->user.id))
            bot->updates.push("chat_member", update);
    }
}

json::object chat_member(const User& user, const std::string& status) {
    json::object member{{"status", status}, {"user", to_json(user)}};
    if (status == "creator") member["is_anonymous"] = false;
    if (status == "kicked") member["until_date"] = 0;
    if (status != "administrator") return member;
    member["can_be_edited"] = false;
    member["is_anonymous"] = false;
    for (const auto* right :
         {"can_manage_chat", "can_delete_messages", "can_manage_video_chats",
          "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users",
          "can_post_stories", "can_edit_stories", "can_delete_stories", "can_pin_messages"}) {
        member[right] = true;
    }
    return member;
}

}  // namespace tgstats::playground
