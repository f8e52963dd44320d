#include "tgstats/record/record_update.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/message_shape.h"
#include "tgstats/record/record_parts.h"
#include "tgstats/store/journal.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

namespace {

struct Arrived {
    std::int64_t chat_id = 0;
    std::int64_t now = 0;
};

void record_body(Store& store, const json::object& body, UpdateKind kind, const Arrived& at) {
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
            record_member(store, body, Whose::own);
            break;
        case UpdateKind::chat_member:
            record_member(store, body, Whose::others);
            break;
        case UpdateKind::callback_query:
        case UpdateKind::chat_join_request:
            record_person(store, object_member(body, "from"));
            break;
        case UpdateKind::business_connection:
            record_business_connection(store, body);
            break;
        case UpdateKind::business_message:
        case UpdateKind::edited_business_message:
            record_business_message(store, body, at.chat_id);
            break;
        case UpdateKind::deleted_business_messages:
            record_business_deletion(store, body, at.chat_id, at.now);
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
    if (const auto* chat = object_member(body, "chat")) return integer_in(*chat, "id");
    const auto* message = object_member(body, "message");
    return message != nullptr ? chat_id_of(*message) : 0;
}

}  // namespace

hotreload::Result<Recorded, std::string> record_update(Store& store, const json::object& update,
                                                       std::int64_t now) {
    const auto update_id = update_id_in(update);
    if (!update_id) return std::string("not an Update: it has no update_id");
    const auto kind = update_kind(update);
    static const json::object nothing;
    const auto* member =
        kind == UpdateKind::other ? nullptr : object_member(update, to_string(kind));
    const auto& body = member != nullptr ? *member : nothing;

    Transaction transaction(store.database());
    const bool business = is_business(kind);
    const auto chat_id = business ? business_place(store, body, kind) : chat_id_of(body);
    const auto kept_at = store.current_chat_id(chat_id);
    const bool is_private = business || !store.settings(kept_at).store_text;
    const auto seq = journal_append(store,
                                    {.seq = 0,
                                     .update_id = *update_id,
                                     .chat_id = kept_at,
                                     .kind = std::string(to_string(kind)),
                                     .body = member != nullptr ? json::serialize(update) : "",
                                     .is_private = is_private},
                                    now);
    if (!seq) return Recorded{.duplicate = true};
    record_body(store, body, kind, {.chat_id = chat_id, .now = now});
    if (!awaits_answer(kind)) journal_mark_handled(store, *update_id);
    transaction.commit();
    return Recorded{.duplicate = false, .seq = *seq};
}

void record_own_message(Store& store, const json::object& message) {
    Transaction transaction(store.database());
    record_message(store, message);
    transaction.commit();
}

}  // namespace tgstats
