#include "tgstats/settings/opt_out_filter.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

#include "tgstats/settings/consent.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/service_actions.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

const json::object* body_in(const Update& update) {
    return part_of(&update.raw, to_string(update.kind));
}

bool is_member_change(UpdateKind kind) {
    return kind == UpdateKind::my_chat_member || kind == UpdateKind::chat_member;
}

// A chat of two is about both, whoever writes.
bool is_with_refuser(const Consent& consent, UpdateKind kind, const json::object* body) {
    return is_business(kind) && consent.refused_by(part_of(body, "chat"));
}

// A move, a title, a pin is the group's, whoever made it. A private chat is its person's.
bool tells_of_group(const json::object* body) {
    const auto* chat = part_of(body, "chat");
    if (chat == nullptr || integer_in(*chat, "id") >= 0) return false;
    return std::ranges::any_of(service_actions, [&](const ServiceAction& action) {
        return action.of_group && body->contains(action.name);
    });
}

// A private chat is named after its person.
bool strip_private_chat(const Consent& consent, json::object& body) {
    auto* chat = part_of(&body, "chat");
    if (!consent.refused_by(chat)) return false;
    bool changed = false;
    for (const char* name : {"first_name", "last_name", "username"})
        changed = chat->erase(name) > 0 || changed;
    return changed;
}

bool strip_body(const Consent& consent, UpdateKind kind, json::object& body) {
    if (kind == UpdateKind::callback_query) return strip_message_in(consent, body, "message");
    bool changed = strip_message(consent, body);
    if (!is_member_change(kind) && !tells_of_group(&body)) return changed;
    changed = strip_user(consent, &body, "from") || changed;
    changed = strip_user(consent, part_of(&body, "invite_link"), "creator") || changed;
    return strip_private_chat(consent, body) || changed;
}

}  // namespace

bool of_somebody_opted_out(Store& store, const Update& update) {
    const auto* body = body_in(update);
    const Consent consent(store, update.chat_id);
    if (is_member_change(update.kind))
        return consent.refused_by(part_of(part_of(body, "new_chat_member"), "user"));
    if (tells_of_group(body)) return false;
    if (is_with_refuser(consent, update.kind, body)) return true;
    // An edit of what they had forgotten.
    if (body != nullptr && integer_in(*body, "edit_date") > 0 &&
        consent.refused_by(part_of(body, "from"), integer_in(*body, "date")))
        return true;
    for (const char* who : {"from", "user", "left_chat_member"})
        if (consent.refused_by(part_of(body, who))) return true;
    return false;
}

std::optional<json::object> without_opted_out(Store& store, const Update& update) {
    auto raw = update.raw;
    auto* body = part_of(&raw, to_string(update.kind));
    if (body == nullptr || !strip_body(Consent(store, update.chat_id), update.kind, *body))
        return std::nullopt;
    return raw;
}

std::int64_t record_with_consent(Store& store, const Update& update, std::int64_t now,
                                 const RecordWhole& record) {
    if (!anybody_refuses(store)) return record(store, update.raw);
    if (of_somebody_opted_out(store, update)) {
        // Whole, because it may be a command; what has been handled is blank.
        const auto seq = journal_append(store,
                                        {.seq = 0,
                                         .update_id = update.update_id,
                                         .chat_id = update.chat_id,
                                         .kind = journal_private,
                                         .body = json::serialize(update.raw)},
                                        now);
        return seq.value_or(0);
    }
    const auto other = without_opted_out(store, update);
    return record(store, other ? *other : update.raw);
}

void record_own_with_consent(Store& store, const json::object& message,
                             const RecordMessage& record) {
    const auto* chat = part_of(&message, "chat");
    const auto chat_id = chat == nullptr ? 0 : integer_in(*chat, "id");
    // A private chat is named after its person: who has been forgotten, or is about to be, would
    // be known again by what the bot says.
    if (chat_id > 0 && (opted_out_everywhere(store, chat_id) || !store.user(chat_id) ||
                        removal_noted(store, chat_id)))
        return;
    if (!anybody_refuses(store)) return record(store, message);
    auto kept = message;
    strip_message(Consent(store, chat_id), kept);
    record(store, kept);
}

}  // namespace tgstats
