// Chats of business accounts: what is written in them is recorded as in any other chat; that
// something was deleted is told of no other.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/message_shape.h"
#include "tgstats/record/record_parts.h"
#include "tgstats/store/business.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

std::int64_t business_place(Store& store, const json::object& body, UpdateKind kind) {
    if (kind == UpdateKind::business_connection) return 0;
    const auto connection_id = text_member(body, "business_connection_id");
    const auto* chat = object_member(body, "chat");
    const auto person_id = chat != nullptr ? integer_in(*chat, "id") : 0;
    if (connection_id.empty() || person_id == 0) return 0;
    if (kind == UpdateKind::deleted_business_messages)
        return business_chat(store, connection_id, person_id).value_or(0);
    if (message_id_in(body) == 0) return 0;
    return open_business_chat(store, connection_id, person_id);
}

void record_business_connection(Store& store, const json::object& body) {
    const auto* user = object_member(body, "user");
    BusinessConnectionRow row{.id = text_member(body, "id"),
                              .user_chat_id = integer_in(body, "user_chat_id"),
                              .date = date_in(body, "date"),
                              .enabled = true_member(body, "is_enabled")};
    if (user != nullptr) row.user_id = integer_in(*user, "id");
    if (row.id.empty() || row.user_id == 0) return;
    record_person(store, user);
    if (const auto* rights = object_member(body, "rights")) row.rights = json::serialize(*rights);
    put_business_connection(store, row);
}

// The chat is named after the other person; who that is, their own messages tell.
void record_business_message(Store& store, const json::object& message, std::int64_t chat_id) {
    if (chat_id == 0) return;
    auto placed = message;
    placed["chat"] = json::object{{"id", chat_id}, {"type", "private"}};
    record_message(store, placed);
}

void record_business_deletion(Store& store, const json::object& body, std::int64_t chat_id,
                              std::int64_t now) {
    const auto* list = array_member(body, "message_ids");
    if (chat_id == 0 || list == nullptr) return;
    std::vector<std::int64_t> ids;
    for (const auto& id : *list)
        if (id.is_int64()) ids.push_back(id.get_int64());
    store.delete_messages(chat_id, ids, now);
}

}  // namespace tgstats
