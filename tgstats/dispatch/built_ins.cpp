#include "tgstats/dispatch/built_ins.h"

#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

const json::object* object_at(const json::object* parent, std::string_view name) {
    const auto* value = parent == nullptr ? nullptr : parent->if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

std::int64_t id_at(const json::object* parent, std::string_view name) {
    const auto* object = object_at(parent, name);
    return object == nullptr ? 0 : integer_in(*object, "id");
}

}  // namespace

const json::object* BuiltInCall::query() const {
    return object_at(&update.raw, to_string(UpdateKind::callback_query));
}

std::int64_t BuiltInCall::user_id() const {
    return id_at(query() != nullptr ? query() : update.message_json(), "from");
}

bool BuiltInCall::as_the_group() const {
    return query() == nullptr && as_some_chat() &&
           id_at(update.message_json(), "sender_chat") == update.chat_id;
}

bool BuiltInCall::as_some_chat() const {
    return query() == nullptr && id_at(update.message_json(), "sender_chat") != 0;
}

bool BuiltInCall::in_private() const {
    return update.message && update.message->chat_type == "private";
}

EffectTarget BuiltInCall::target() const {
    return {.chat_id = update.chat_id, .thread_id = update.message ? update.message->thread_id : 0};
}

void BuiltIns::add_buttons(std::string prefix, BuiltInHandler press) {
    buttons_.push_back({std::move(prefix), std::move(press)});
}

const BuiltIn* BuiltIns::find(std::string_view name) const {
    for (const auto& one : all_)
        if (one.name == name) return &one;
    return nullptr;
}

const BuiltInHandler* BuiltIns::find_button(std::string_view data) const {
    for (const auto& one : buttons_)
        if (data.starts_with(one.prefix)) return &one.press;
    return nullptr;
}

std::vector<hotreload::Offer> BuiltIns::listed(Listed how) const {
    std::vector<hotreload::Offer> offers;
    for (const auto& one : all_)
        if (one.listed <= how)
            offers.push_back({.kind = "command", .name = one.name, .description = one.description});
    return offers;
}

void BuiltIns::saw(const Update& update) const {
    for (const auto& observer : observers_) observer(update);
}

Effect answer_to_press(const BuiltInCall& call, const std::string& text, bool alert) {
    json::object params;
    const auto* query = call.query();
    if (const auto* id = query == nullptr ? nullptr : query->if_contains("id"))
        params["callback_query_id"] = *id;
    if (!text.empty()) params["text"] = text;
    if (alert) params["show_alert"] = true;
    return {.method = "answerCallbackQuery", .params = std::move(params), .files = {}};
}

}  // namespace tgstats
