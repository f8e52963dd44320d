#include "tgstats/dispatch/effects.h"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/base/base64.h"
#include "hotreload/base/json_text.h"
#include "tgstats/content/json_in.h"

namespace tgstats {
namespace {

std::string text_of(const json::object& object, std::string_view key, std::string fallback) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::move(fallback);
}

// An aggregate that begins with a string could be made from the error's text, too: the error must
// be named as such.
template <class T>
Result<T, std::string> refused(std::string why) {
    return Result<T, std::string>(boost::system::in_place_error, std::move(why));
}

Result<Upload, std::string> parse_upload(std::string_view field, const json::value& value) {
    const auto* object = value.if_object();
    const auto* content = object == nullptr ? nullptr : object->if_contains("base64");
    if (content == nullptr || !content->is_string())
        return refused<Upload>(fmt::format("file '{}' has no \"base64\" text", field));
    auto bytes = hotreload::base64_decode(content->get_string());
    if (!bytes) return refused<Upload>(fmt::format("file '{}' is not well-formed base64", field));
    Upload upload;
    upload.field = field;
    upload.file_name = text_of(*object, "name", "file");
    upload.content_type = text_of(*object, "type", "application/octet-stream");
    upload.bytes = std::move(*bytes);
    return upload;
}

// Answers to a button or an inline query belong to no chat.
bool needs_chat(std::string_view method) { return !method.starts_with("answer"); }

}  // namespace

Result<Effect, std::string> parse_effect(const json::value& value, const EffectTarget& target) {
    const auto* object = value.if_object();
    if (object == nullptr) return refused<Effect>(std::string("an effect must be an object"));
    Effect effect;
    effect.method = text_of(*object, "method", "");
    if (effect.method.empty()) return refused<Effect>(std::string("an effect needs a \"method\""));
    if (const auto* params = object->if_contains("params")) {
        if (!params->is_object())
            return refused<Effect>(fmt::format("{}: \"params\" must be an object", effect.method));
        if (const auto fault = hotreload::unwritable_reason(*params); !fault.empty())
            return refused<Effect>(
                fmt::format("{}: \"params\" cannot be sent: {}", effect.method, fault));
        effect.params = params->get_object();
    }
    // Accounts are connected so that their chats are counted, not so that plugins write there.
    if (effect.params.contains("business_connection_id"))
        return refused<Effect>(
            fmt::format("{}: nothing goes out in the name of a business account", effect.method));
    if (target.chat_id != 0 && !effect.params.contains("chat_id")) {
        effect.params["chat_id"] = target.chat_id;
        if (target.thread_id != 0) effect.params["message_thread_id"] = target.thread_id;
    }
    if (needs_chat(effect.method) && !effect.params.contains("chat_id"))
        return refused<Effect>(fmt::format(
            "{}: \"chat_id\" is needed: the event is not of one chat alone", effect.method));
    const auto* files = object->if_contains("files");
    if (files == nullptr || files->is_null()) return effect;
    if (!files->is_object())
        return refused<Effect>(fmt::format("{}: \"files\" must be an object", effect.method));
    std::size_t bytes = 0;
    for (const auto& file : files->get_object()) {
        auto upload = parse_upload(file.key(), file.value());
        if (!upload) return refused<Effect>(fmt::format("{}: {}", effect.method, upload.error()));
        bytes += upload->bytes.size();
        effect.files.push_back(std::move(*upload));
    }
    if (bytes > effect_files_bytes_max)
        return refused<Effect>(fmt::format("{}: files of {} bytes; at most {} can be sent",
                                           effect.method, bytes, effect_files_bytes_max));
    return effect;
}

Result<std::vector<Effect>, std::string> parse_effects(const json::value& result,
                                                       const EffectTarget& target) {
    const auto* object = result.if_object();
    const auto* list = object == nullptr ? nullptr : object->if_contains("effects");
    if (list == nullptr || !list->is_array())
        return std::string("the handler's result has no \"effects\" list");
    if (list->get_array().size() > effects_max)
        return fmt::format("{} effects; at most {} go out for one event", list->get_array().size(),
                           effects_max);
    std::vector<Effect> effects;
    for (const auto& item : list->get_array()) {
        auto effect = parse_effect(item, target);
        if (!effect) return effect.error();
        effects.push_back(std::move(*effect));
    }
    return effects;
}

Effect message_effect(const EffectTarget& target, std::string html, json::object keyboard) {
    json::object params{
        {"chat_id", target.chat_id}, {"text", std::move(html)}, {"parse_mode", "HTML"}};
    if (target.thread_id != 0) params["message_thread_id"] = target.thread_id;
    if (!keyboard.empty()) params["reply_markup"] = std::move(keyboard);
    return {.method = "sendMessage", .params = std::move(params), .files = {}};
}

std::int64_t chat_of(const Effect& effect) {
    const auto* chat = effect.params.if_contains("chat_id");
    return chat != nullptr && chat->is_int64() ? chat->get_int64() : 0;
}

std::vector<std::int64_t> deleted_by(const Effect& effect) {
    std::vector<std::int64_t> ids;
    const auto add = [&](const json::value* id) {
        if (id != nullptr && id->is_int64()) ids.push_back(id->get_int64());
    };
    if (effect.method == "deleteMessage") add(effect.params.if_contains("message_id"));
    const auto* many = effect.params.if_contains("message_ids");
    if (effect.method == "deleteMessages" && many != nullptr && many->is_array())
        for (const auto& id : many->get_array()) add(&id);
    return ids;
}

OutboxEntry to_entry(const Effect& effect) {
    OutboxEntry entry;
    entry.chat_id = chat_of(effect);
    entry.method = effect.method;
    entry.params = json::serialize(effect.params);
    for (const auto& file : effect.files)
        entry.files.push_back({file.field, file.file_name, file.content_type, file.bytes});
    return entry;
}

Effect from_entry(OutboxEntry entry) {
    Effect effect{.method = std::move(entry.method), .params = {}, .files = {}};
    // What an earlier version wrote and nobody can read goes out without: Telegram's refusal tells.
    auto params = json_in(entry.params);
    if (params && params->is_object()) effect.params = std::move(params->get_object());
    for (auto& file : entry.files)
        effect.files.push_back({std::move(file.field), std::move(file.name), std::move(file.type),
                                std::move(file.bytes)});
    return effect;
}

}  // namespace tgstats
