#include "tgstats/settings/consent.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tgstats/store/privacy.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

json::object only(const json::object& whole, std::initializer_list<std::string_view> names) {
    json::object kept;
    for (const auto name : names)
        if (const auto* value = whole.if_contains(name)) kept[name] = *value;
    return kept;
}

bool strip_origin(const Consent& consent, json::object* parent, std::string_view name) {
    auto* origin = part_of(parent, name);
    if (origin == nullptr ||
        !consent.refused_by(part_of(origin, "sender_user"), integer_in(*origin, "date")))
        return false;
    origin->erase("sender_user");
    (*origin)["type"] = "hidden_user";
    (*origin)["sender_user_name"] = "";
    return true;
}

// Of a message of another chat, or another topic, there is more than its origin: its medium.
bool strip_external(const Consent& consent, json::object& message) {
    auto* reply = part_of(&message, "external_reply");
    if (!strip_origin(consent, reply, "origin")) return false;
    *reply = only(*reply, {"origin", "chat", "message_id"});
    message.erase("quote");
    return true;
}

// The elements that `names` finds nobody refused in stay.
template <class Names>
bool strip_elements(json::object* parent, std::string_view name, const Names& names) {
    auto* value = parent == nullptr ? nullptr : parent->if_contains(name);
    auto* elements = value == nullptr ? nullptr : value->if_array();
    if (elements == nullptr) return false;
    json::array kept;
    for (const auto& element : *elements)
        if (!names(element.if_object())) kept.push_back(element);
    const bool changed = kept.size() != elements->size();
    if (changed) *elements = std::move(kept);
    return changed;
}

bool strip_users(const Consent& consent, json::object* parent, std::string_view name) {
    return strip_elements(parent, name,
                          [&](const json::object* user) { return consent.refused_by(user); });
}

bool strip_mentions(const Consent& consent, json::object* parent, std::string_view name) {
    return strip_elements(parent, name, [&](const json::object* entity) {
        return consent.refused_by(part_of(entity, "user"));
    });
}

bool wrote_refuser(const Consent& consent, const json::object* message) {
    return message != nullptr &&
           consent.refused_by(part_of(message, "from"), integer_in(*message, "date"));
}

// A contact, a list of the shared, a winner: there people are named by their id alone, too.
bool refused_by_id(const Consent& consent, const json::object* parent, std::string_view name) {
    const auto id = parent == nullptr ? 0 : integer_in(*parent, name);
    return consent.refused_by(id);
}

bool strip_contact(const Consent& consent, json::object& message) {
    bool changed = false;
    for (const char* name : {"contact", "user_shared"}) {
        auto* contact = part_of(&message, name);
        if (!refused_by_id(consent, contact, "user_id")) continue;
        contact->clear();  // that it was a contact stays
        changed = true;
    }
    return changed;
}

// Users, and in older messages their numbers. A chat that is shared is nobody's: Telegram lets
// people choose among groups and channels.
bool strip_shared(const Consent& consent, json::object& message) {
    auto* shared = part_of(&message, "users_shared");
    bool changed = strip_elements(shared, "users", [&](const json::object* user) {
        return refused_by_id(consent, user, "user_id");
    });
    auto* value = shared == nullptr ? nullptr : shared->if_contains("user_ids");
    auto* numbers = value == nullptr ? nullptr : value->if_array();
    if (numbers == nullptr) return changed;
    json::array kept;
    for (const auto& number : *numbers)
        if (!number.is_int64() || !consent.refused_by(number.get_int64())) kept.push_back(number);
    changed = changed || kept.size() != numbers->size();
    *numbers = std::move(kept);
    return changed;
}

bool strip_rare_parts(const Consent& consent, json::object& message) {
    bool changed = strip_contact(consent, message);
    changed = strip_users(consent, part_of(&message, "giveaway_winners"), "winners") || changed;
    auto* completed = part_of(&message, "giveaway_completed");
    if (completed != nullptr)
        changed = strip_message_in(consent, *completed, "giveaway_message") || changed;
    auto* alert = part_of(&message, "proximity_alert_triggered");
    for (const char* name : {"traveler", "watcher"})
        changed = strip_user(consent, alert, name) || changed;
    return strip_shared(consent, message) || changed;
}

}  // namespace

bool Consent::refused_by(const json::object* user) const {
    const auto id = user == nullptr ? 0 : integer_in(*user, "id");
    return refused_by(id);
}

bool Consent::refused_by(std::int64_t user_id) const {
    return user_id > 0 && opted_out(store_, user_id, chat_id_);
}

bool Consent::refused_by(const json::object* user, std::int64_t date) const {
    if (refused_by(user)) return true;
    const auto id = user == nullptr ? 0 : integer_in(*user, "id");
    if (id <= 0 || date <= 0) return false;
    const auto until = forgotten_until(store_, id, chat_id_);
    return until && date <= *until;
}

const json::object* part_of(const json::object* parent, std::string_view name) {
    const auto* value = parent == nullptr ? nullptr : parent->if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

json::object* part_of(json::object* parent, std::string_view name) {
    auto* value = parent == nullptr ? nullptr : parent->if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

bool strip_user(const Consent& consent, json::object* parent, std::string_view name) {
    if (!consent.refused_by(part_of(parent, name))) return false;
    parent->erase(name);
    return true;
}

bool strip_message(const Consent& consent, json::object& message) {
    bool changed = false;
    if (wrote_refuser(consent, part_of(&message, "reply_to_message")))
        changed = message.erase("quote") > 0;
    for (const char* name : {"reply_to_message", "pinned_message"})
        changed = strip_message_in(consent, message, name) || changed;
    changed = strip_origin(consent, &message, "forward_origin") || changed;
    if (consent.refused_by(part_of(&message, "forward_from"), integer_in(message, "forward_date")))
        changed = message.erase("forward_from") > 0 || changed;
    changed = strip_external(consent, message) || changed;
    for (const char* name : {"entities", "caption_entities"})
        changed = strip_mentions(consent, &message, name) || changed;
    changed = strip_mentions(consent, part_of(&message, "quote"), "entities") || changed;
    changed = strip_rare_parts(consent, message) || changed;
    auto* invited = part_of(&message, "video_chat_participants_invited");
    changed = strip_users(consent, invited, "users") || changed;
    return strip_users(consent, &message, "new_chat_members") || changed;
}

bool strip_message_in(const Consent& consent, json::object& parent, std::string_view name) {
    auto* message = part_of(&parent, name);
    if (message == nullptr) return false;
    if (!wrote_refuser(consent, message)) return strip_message(consent, *message);
    *message = only(*message, {"message_id", "date", "chat", "message_thread_id"});
    return true;
}

}  // namespace tgstats
