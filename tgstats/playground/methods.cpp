#include "tgstats/playground/methods.h"

#include <algorithm>

#include "tgstats/playground/formatting.h"

namespace tgstats::playground {

namespace {

constexpr std::size_t callback_data_bytes_max = 64;
constexpr std::size_t buttons_max = 100;

std::optional<ApiError> check_button(const json::value& value) {
    const auto* button = value.if_object();
    if (!button)
        return bad_request(
            "can't parse inline keyboard button: InlineKeyboardButton must be an Object");
    const auto* text = button->if_contains("text");
    if (!text || !text->is_string()) {
        return bad_request("can't parse inline keyboard button: Can't find field \"text\"");
    }
    if (text->get_string().empty()) return bad_request("inline keyboard button text is empty");
    if (button->size() < 2) {
        return bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline "
            "keyboard");
    }
    if (const auto* data = button->if_contains("callback_data")) {
        const bool fits = data->is_string() && !data->get_string().empty() &&
                          data->get_string().size() <= callback_data_bytes_max;
        if (!fits) return bad_request("BUTTON_DATA_INVALID");
    }
    return std::nullopt;
}

// Links to people (tg://user?id=N) become mentions where the person is known.
void resolve_mentions(const World& world, json::array& entities) {
    static constexpr std::string_view prefix = "tg://user?id=";
    for (auto& value : entities) {
        auto& entity = value.as_object();
        const auto* url = entity.if_contains("url");
        if (!url || !std::string_view(url->as_string()).starts_with(prefix)) continue;
        const auto digits = std::string_view(url->as_string()).substr(prefix.size());
        const auto id = Arguments({{"id", digits}}).integer("id");
        const auto* user = id ? world.user(*id) : nullptr;
        if (!user) continue;
        entity.erase("url");
        entity["type"] = "text_mention";
        entity["user"] = to_json(*user);
    }
}

Outcome<FormattedText> with_given_entities(const std::string& text, const json::value& entities) {
    const auto broken = [] { return bad_request("can't parse MessageEntity"); };
    FormattedText formatted{text, {}};
    if (!entities.is_array()) return broken();
    const auto length = utf16_length(text);
    for (const auto& value : entities.get_array()) {
        const auto* entity = value.if_object();
        if (!entity || !entity->contains("type") || !entity->at("type").is_string())
            return broken();
        const Arguments fields(*entity);
        const auto offset = fields.integer("offset");
        const auto units = fields.integer("length");
        if (!offset || !units || *offset < 0 || *units < 0) return broken();
        const auto left = length - std::min(static_cast<std::size_t>(*offset), length);
        if (static_cast<std::size_t>(*units) > left)
            return bad_request("entity beyond the end of the text");
        auto kept = *entity;
        kept["offset"] = *offset;
        kept["length"] = *units;
        formatted.entities.push_back(std::move(kept));
    }
    trim(formatted);
    return formatted;
}

Outcome<FormattedText> parse_text(const Arguments& arguments, const TextFields& fields,
                                  const std::string& text) {
    auto mode = arguments.text("parse_mode").value_or("");
    for (auto& c : mode) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (mode.empty()) {
        const auto given = arguments.structure(fields.entities);
        if (!given) return given.error();
        if (!given->is_null()) return with_given_entities(text, *given);
        FormattedText plain{text, {}};
        trim(plain);
        return plain;
    }
    const auto parse = mode == "html"         ? parse_html
                       : mode == "markdownv2" ? parse_markdown_v2
                       : mode == "markdown"   ? parse_markdown
                                              : nullptr;
    if (!parse) return bad_request("unsupported parse_mode");
    auto parsed = parse(text);
    if (!parsed) return bad_request("can't parse entities: " + parsed.error());
    return std::move(*parsed);
}

}  // namespace

Method find_method(std::string_view name) {
    for (const auto* part : {&account_methods, &chat_methods, &send_methods, &edit_methods}) {
        for (const auto& entry : *part) {
            if (http::same_name(entry.name, name)) return entry.method;
        }
    }
    return nullptr;
}

Outcome<Chat*> target_chat(Caller caller, const Arguments& arguments) {
    const auto text = arguments.text("chat_id").value_or("");
    if (text.empty()) return bad_request("chat_id is empty");
    auto& world = caller.playground.world;
    const auto id = arguments.integer("chat_id");
    auto* chat = id                    ? world.chat(*id)
                 : text.front() == '@' ? world.chat_by_username(text.substr(1))
                                       : nullptr;
    if (!chat) return bad_request("chat not found");
    if (chat->migrated_to != 0) return moved_away(*chat);
    return chat;
}

Outcome<Chat*> writable_chat(Caller caller, const Arguments& arguments) {
    auto chat = target_chat(caller, arguments);
    if (!chat || (*chat)->has_member(caller.bot.user.id)) return chat;
    const auto found = (*chat)->members.find(caller.bot.user.id);
    const bool kicked = found != (*chat)->members.end() && found->second == "kicked";
    if ((*chat)->is_private()) return forbidden("bot was blocked by the user");
    return forbidden(
        std::string(kicked ? "bot was kicked from the " : "bot is not a member of the ") +
        (*chat)->type + " chat");
}

Outcome<json::value> inline_keyboard(const Arguments& arguments) {
    auto markup = arguments.structure("reply_markup");
    if (!markup || markup->is_null()) return markup;
    if (!markup->is_object()) return bad_request("object expected as reply markup");
    // Keyboards of the other kinds belong to the chat's input field, not to the message.
    const auto* rows = markup->get_object().if_contains("inline_keyboard");
    if (!rows) return json::value();
    if (!rows->is_array()) return bad_request("field \"inline_keyboard\" must be of type Array");
    std::size_t buttons = 0;
    for (const auto& row : rows->get_array()) {
        if (!row.is_array())
            return bad_request("field \"inline_keyboard\" must be an Array of Arrays");
        for (const auto& button : row.get_array()) {
            if (const auto error = check_button(button)) return *error;
            if (++buttons > buttons_max) return bad_request("reply markup is too long");
        }
    }
    if (buttons == 0) return json::value();
    return json::value(json::object{{"inline_keyboard", *rows}});
}

Outcome<json::object> formatted_fields(Caller caller, const Arguments& arguments,
                                       const TextFields& fields) {
    const auto text = arguments.text(fields.text).value_or("");
    auto formatted = parse_text(arguments, fields, text);
    if (!formatted) return formatted.error();
    if (formatted->text.empty()) return json::object();
    if (utf16_length(formatted->text) > fields.units_max) return bad_request(fields.too_long);
    add_detected_entities(*formatted);
    resolve_mentions(caller.playground.world, formatted->entities);
    json::object result{{fields.text, formatted->text}};
    if (!formatted->entities.empty()) result[fields.entities] = std::move(formatted->entities);
    return result;
}

}  // namespace tgstats::playground
