#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tgstats/record/detail_shape.h"
#include "tgstats/record/message_shape.h"
#include "tgstats/record/record_parts.h"
#include "tgstats/store/chat_history.h"
#include "tgstats/store/details.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {

namespace {

void put_author(Store& store, const json::object& message) {
    record_person(store, object_member(message, "from"));
    if (const auto author = author_of(message); author.id < 0) store.put_user(author);
}

void put_rare_parts(Store& store, const json::object& message, const Store::Place& place,
                    bool with_text) {
    auto details = message_details_of(message, with_text);
    details.chat_id = place.chat_id;
    details.message_id = place.message_id;
    const bool edited = message.contains("edit_date");
    if (edited || !details.empty()) put_details(store, details);
    const auto file = message_file_of(message, with_text);
    if (edited || file) put_file(store, place.chat_id, place.message_id, file);
}

// The message that opened a topic comes along with each one in it: so topics that are older than
// the bot get their names.
void learn_topic(Store& store, const MessageRow& row, const json::object& message) {
    const auto* opening = object_member(message, "reply_to_message");
    const auto* created =
        opening != nullptr ? object_member(*opening, "forum_topic_created") : nullptr;
    if (created == nullptr || row.thread_id == 0 || topic(store, row.chat_id, row.thread_id))
        return;
    put_topic(store, {.chat_id = row.chat_id,
                      .thread_id = row.thread_id,
                      .name = text_member(*created, "name"),
                      .icon = text_member(*created, "icon_custom_emoji_id"),
                      .created = date_in(*opening, "date"),
                      .creator_id = author_of(*opening).id});
}

}  // namespace

void record_person(Store& store, const json::object* user) {
    if (user != nullptr && integer_in(*user, "id") != 0) store.put_user(user_of(*user));
}

void record_chat(Store& store, const json::object& chat, std::int64_t date) {
    const auto row = chat_of(chat);
    if (store.current_chat_id(row.id) != row.id) return;
    store.put_chat(row);
    if (row.type != "private")
        put_title(store, {.chat_id = row.id, .since = date, .title = row.title});
}

void record_message(Store& store, const json::object& message) {
    const auto* chat = object_member(message, "chat");
    if (chat == nullptr || integer_in(*chat, "id") == 0 || message_id_in(message) == 0) return;
    const auto action = service_action_of(message);
    if (!action.empty()) {
        put_author(store, message);
        record_service(store, message, action);
        return;
    }
    const auto edited = date_in(message, "edit_date");
    record_chat(store, *chat, edited != 0 ? edited : date_in(message, "date"));
    put_author(store, message);
    if (const auto* target = object_member(message, "reply_to_message")) put_author(store, *target);
    auto row = message_row_of(message);
    const auto place = store.place(row.chat_id, row.message_id);
    row.reply_to_message_id = store.place(row.chat_id, row.reply_to_message_id).message_id;
    row.chat_id = place.chat_id;
    row.message_id = place.message_id;
    const bool with_text = store.settings(row.chat_id).store_text;
    if (!with_text) row.text.clear();
    if (!store.put_message(row)) return;
    put_rare_parts(store, message, place, with_text);
    learn_topic(store, row, message);
}

}  // namespace tgstats
