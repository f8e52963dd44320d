#include "tgstats/record/record_update.h"

#include <map>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/message_shape.h"
#include "tgstats/store/journal.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

namespace {

const json::array* array_member(const json::object& parent, std::string_view name) {
    const auto* value = parent.if_contains(name);
    return value != nullptr ? value->if_array() : nullptr;
}

void put_person(Store& store, const json::object* user) {
    if (user != nullptr && integer_member(*user, "id") != 0) store.put_user(user_of(*user));
}

void put_author(Store& store, const json::object& message) {
    put_person(store, object_member(message, "from"));
    if (const auto* chat = object_member(message, "sender_chat"))
        store.put_user(chat_as_user(*chat));
}

void record_service(Store& store, const json::object& message, std::string_view action) {
    const auto chat_id = integer_member(*object_member(message, "chat"), "id");
    const auto date = integer_member(message, "date");
    if (const auto* members = array_member(message, "new_chat_members"))
        for (const auto& member : *members)
            if (const auto* user = member.if_object()) {
                put_person(store, user);
                store.put_membership({chat_id, integer_member(*user, "id"), "member", date});
            }
    if (const auto* user = object_member(message, "left_chat_member")) {
        put_person(store, user);
        store.put_membership({chat_id, integer_member(*user, "id"), "left", date});
    }
    store.put_service({chat_id, integer_member(message, "message_id"), date, author_of(message).id,
                       std::string(action), json::serialize(message.at(action))});
    if (const auto to = integer_member(message, "migrate_to_chat_id"); to != 0)
        store.migrate_chat(chat_id, to);
    if (const auto from = integer_member(message, "migrate_from_chat_id"); from != 0)
        store.migrate_chat(from, chat_id);
}

void record_message(Store& store, const json::object& message) {
    const auto* chat = object_member(message, "chat");
    if (chat == nullptr || integer_member(*chat, "id") == 0 ||
        integer_member(message, "message_id") == 0)
        return;
    store.put_chat(chat_of(*chat));
    put_author(store, message);
    if (const auto action = service_action_of(message); !action.empty()) {
        record_service(store, message, action);
        return;
    }
    if (const auto* target = object_member(message, "reply_to_message")) put_author(store, *target);
    auto row = message_row_of(message);
    if (!store.settings(row.chat_id).store_text) row.text.clear();
    store.put_message(row);
}

// "👍", "custom:5368324170671202286", "paid"
std::string reaction_name(const json::object& type) {
    const auto kind = text_member(type, "type");
    if (kind == "emoji") return text_member(type, "emoji");
    if (kind == "custom_emoji") return "custom:" + text_member(type, "custom_emoji_id");
    return kind;
}

void record_reaction(Store& store, const json::object& body) {
    const auto* chat = object_member(body, "chat");
    if (chat == nullptr) return;
    store.put_chat(chat_of(*chat));
    const auto chat_id = integer_member(*chat, "id");
    if (!store.settings(chat_id).capture_reactions) return;
    const auto message_id = integer_member(body, "message_id");
    const auto date = integer_member(body, "date");
    std::int64_t user_id = 0;
    if (const auto* user = object_member(body, "user")) {
        put_person(store, user);
        user_id = integer_member(*user, "id");
    } else if (const auto* actor = object_member(body, "actor_chat")) {
        store.put_user(chat_as_user(*actor));
        user_id = integer_member(*actor, "id");
    }
    if (user_id == 0) return;
    std::vector<ReactionRow> rows;
    if (const auto* reactions = array_member(body, "new_reaction"))
        for (const auto& reaction : *reactions)
            if (const auto* type = reaction.if_object())
                rows.push_back({chat_id, message_id, user_id, reaction_name(*type), 1, date});
    store.put_reactions(chat_id, message_id, user_id, rows);
}

void record_reaction_count(Store& store, const json::object& body) {
    const auto* chat = object_member(body, "chat");
    if (chat == nullptr) return;
    store.put_chat(chat_of(*chat));
    const auto chat_id = integer_member(*chat, "id");
    if (!store.settings(chat_id).capture_reactions) return;
    const auto message_id = integer_member(body, "message_id");
    std::vector<ReactionRow> rows;
    if (const auto* counts = array_member(body, "reactions"))
        for (const auto& one : *counts)
            if (const auto* count = one.if_object())
                if (const auto* type = object_member(*count, "type"))
                    rows.push_back({chat_id, message_id, 0, reaction_name(*type),
                                    integer_member(*count, "total_count"),
                                    integer_member(body, "date")});
    store.put_reactions(chat_id, message_id, 0, rows);
}

void record_member(Store& store, const json::object& body) {
    const auto* chat = object_member(body, "chat");
    const auto* member = object_member(body, "new_chat_member");
    if (chat == nullptr || member == nullptr) return;
    store.put_chat(chat_of(*chat));
    const auto* user = object_member(*member, "user");
    if (user == nullptr) return;
    put_person(store, user);
    auto status = text_member(*member, "status");
    if (status == "restricted" && !true_member(*member, "is_member")) status = "left";
    store.put_membership({integer_member(*chat, "id"), integer_member(*user, "id"), status,
                          integer_member(body, "date")});
}

void record_body(Store& store, const json::object& body, UpdateKind kind) {
    switch (kind) {
        case UpdateKind::message:
        case UpdateKind::edited_message:
        case UpdateKind::channel_post:
        case UpdateKind::edited_channel_post:
            record_message(store, body);
            break;
        case UpdateKind::message_reaction:
            record_reaction(store, body);
            break;
        case UpdateKind::message_reaction_count:
            record_reaction_count(store, body);
            break;
        case UpdateKind::my_chat_member:
        case UpdateKind::chat_member:
            record_member(store, body);
            break;
        case UpdateKind::callback_query:
        case UpdateKind::inline_query:
        case UpdateKind::chat_join_request:
            put_person(store, object_member(body, "from"));
            break;
        case UpdateKind::other:
            break;
    }
}

// Only these can hold something that waits for an answer.
bool awaits_answer(UpdateKind kind) {
    return kind == UpdateKind::message || kind == UpdateKind::channel_post ||
           kind == UpdateKind::callback_query;
}

std::int64_t chat_id_of(const json::object& body) {
    if (const auto* chat = object_member(body, "chat")) return integer_member(*chat, "id");
    const auto* message = object_member(body, "message");
    return message != nullptr ? chat_id_of(*message) : 0;
}

}  // namespace

hotreload::Result<Recorded, std::string> record_update(Store& store, const json::object& update,
                                                       std::int64_t now) {
    const auto* id = update.if_contains("update_id");
    if (id == nullptr || !(id->is_int64() || id->is_uint64()))
        return std::string("not an Update: it has no integer update_id");
    const auto kind = update_kind(update);
    static const json::object nothing;
    const auto* member =
        kind == UpdateKind::other ? nullptr : object_member(update, to_string(kind));
    const auto& body = member != nullptr ? *member : nothing;

    Transaction transaction(store.database());
    const auto update_id = integer_member(update, "update_id");
    const auto seq = journal_append(
        store,
        {0, update_id, chat_id_of(body), std::string(to_string(kind)), json::serialize(update)},
        now);
    if (!seq) return Recorded{.duplicate = true};
    record_body(store, body, kind);
    if (!awaits_answer(kind)) journal_mark_handled(store, update_id);
    transaction.commit();
    return Recorded{.duplicate = false, .seq = *seq};
}

void record_own_message(Store& store, const json::object& message) {
    Transaction transaction(store.database());
    record_message(store, message);
    transaction.commit();
}

}  // namespace tgstats
