#include "tgstats/settings/opt_out_filter.h"

#include <boost/json/serialize.hpp>

#include "tgstats/store/journal.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

const json::object* part_of(const json::object* parent, std::string_view name) {
    const auto* value = parent == nullptr ? nullptr : parent->if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

json::object* part_of(json::object* parent, std::string_view name) {
    auto* value = parent == nullptr ? nullptr : parent->if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

const json::object* body_in(const Update& update) {
    return part_of(&update.raw, to_string(update.kind));
}

class Consent {
public:
    Consent(Store& store, std::int64_t chat_id) : store_(store), chat_id_(chat_id) {}

    bool refused_by(const json::object* user) const {
        const auto id = user == nullptr ? 0 : integer_in(*user, "id");
        return id > 0 && opted_out(store_, id, chat_id_);
    }

private:
    Store& store_;
    std::int64_t chat_id_;
};

// Whoever is answered or quoted stays a message without a person and without words.
bool strip_target(const Consent& consent, json::object& message) {
    auto* target = part_of(&message, "reply_to_message");
    if (target == nullptr || !consent.refused_by(part_of(target, "from"))) return false;
    json::object bare;
    for (const char* name : {"message_id", "date", "chat", "message_thread_id"})
        if (const auto* value = target->if_contains(name)) bare[name] = *value;
    *target = std::move(bare);
    message.erase("quote");
    return true;
}

bool strip_forward(const Consent& consent, json::object& message) {
    auto* origin = part_of(&message, "forward_origin");
    if (origin == nullptr || !consent.refused_by(part_of(origin, "sender_user"))) return false;
    origin->erase("sender_user");
    (*origin)["type"] = "hidden_user";
    (*origin)["sender_user_name"] = "";
    return true;
}

bool strip_joined(const Consent& consent, json::object& message) {
    auto* value = message.if_contains("new_chat_members");
    auto* members = value == nullptr ? nullptr : value->if_array();
    if (members == nullptr) return false;
    json::array kept;
    for (const auto& member : *members)
        if (!consent.refused_by(member.if_object())) kept.push_back(member);
    const bool changed = kept.size() != members->size();
    *members = std::move(kept);
    return changed;
}

}  // namespace

bool of_somebody_opted_out(Store& store, const Update& update) {
    const auto* body = body_in(update);
    const Consent consent(store, update.chat_id);
    for (const char* who : {"from", "user", "left_chat_member"})
        if (consent.refused_by(part_of(body, who))) return true;
    return consent.refused_by(part_of(part_of(body, "new_chat_member"), "user"));
}

std::optional<json::object> without_opted_out(Store& store, const Update& update) {
    auto raw = update.raw;
    auto* body = part_of(&raw, to_string(update.kind));
    if (body == nullptr) return std::nullopt;
    const Consent consent(store, update.chat_id);
    bool changed = strip_target(consent, *body);
    changed = strip_forward(consent, *body) || changed;
    changed = strip_joined(consent, *body) || changed;
    if (!changed) return std::nullopt;
    return raw;
}

std::int64_t record_with_consent(Store& store, const Update& update, std::int64_t now,
                                 const RecordWhole& record) {
    if (!anybody_opted_out(store)) return record(store, update.raw);
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
    if (!anybody_opted_out(store)) return record(store, message);
    const auto* chat = part_of(&message, "chat");
    const auto chat_id = chat == nullptr ? 0 : integer_in(*chat, "id");
    // A private chat is named after its person.
    if (chat_id > 0 && opted_out_everywhere(store, chat_id)) return;
    auto kept = message;
    strip_target(Consent(store, chat_id), kept);
    record(store, kept);
}

}  // namespace tgstats
