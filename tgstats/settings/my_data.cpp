#include "tgstats/settings/my_data.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tgstats/store/details.h"
#include "tgstats/store/privacy.h"

namespace tgstats {
namespace {

namespace json = boost::json;

std::string one_text(const Statement& row, int column) { return std::string(row.text(column)); }

json::value person_of(Store& store, std::int64_t user_id) {
    const auto user = store.user(user_id);
    if (!user) return nullptr;
    return {{"id", user->id},
            {"first_name", user->first_name},
            {"last_name", user->last_name},
            {"username", user->username}};
}

json::array chats_left(Store& store, std::int64_t user_id) {
    json::array chats;
    for (const auto chat : opt_outs(store, user_id))
        chats.push_back(chat == everywhere ? json::value("everywhere") : json::value(chat));
    return chats;
}

json::array forgotten_in(Store& store, std::int64_t user_id) {
    json::array marks;
    for (const auto& mark : forgotten(store, user_id))
        marks.push_back({{"chat", mark.chat_id == everywhere ? json::value("everywhere")
                                                             : json::value(mark.chat_id)},
                         {"at", mark.at}});
    return marks;
}

json::value membership_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    auto row = store.database().prepare(
        "SELECT status, joined, left FROM memberships WHERE chat_id=?1 AND user_id=?2");
    if (!row.bind(chat_id, user_id).step()) return nullptr;
    return {{"status", one_text(row, 0)}, {"joined", row.integer(1)}, {"left", row.integer(2)}};
}

// JSON that was stored as text; null where it is none.
json::value parsed(std::string_view text) {
    boost::system::error_code fault;
    auto value = json::parse(text, fault);
    return fault ? json::value(nullptr) : value;
}

// How they came and went, and what they were made; newest first.
json::array changes_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    auto row = store.database().prepare(
        "SELECT date, from_status, to_status, actor_id, details FROM membership_changes"
        " WHERE chat_id=?1 AND user_id=?2 ORDER BY date DESC, id DESC LIMIT ?3");
    row.bind(chat_id, user_id, my_data_page_rows * 100);
    json::array changes;
    while (row.step())
        changes.push_back({{"date", row.integer(0)},
                           {"from", one_text(row, 1)},
                           {"to", one_text(row, 2)},
                           {"by", row.integer(3)},
                           {"details", parsed(row.text(4))}});
    return changes;
}

// The sums of all time, as the statistics have them.
json::value totals_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    auto row = store.database().prepare(
        "SELECT messages, active_days, characters, urls, media, replies_sent, replies_received,"
        " reactions_given, reactions_received, first, last FROM rollups WHERE chat_id=?1"
        " AND thread_id=0 AND span=0 AND start=0 AND user_id=?2");
    if (!row.bind(chat_id, user_id).step()) return nullptr;
    json::object totals;
    int column = 0;
    for (const char* name :
         {"messages", "active_days", "characters", "urls", "media", "replies_sent",
          "replies_received", "reactions_given", "reactions_received", "first", "last"})
        totals[name] = row.integer(column++);
    return totals;
}

json::array reactions_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    auto row = store.database().prepare(
        "SELECT message_id, reaction, date FROM reactions WHERE chat_id=?1 AND user_id=?2"
        " ORDER BY date DESC LIMIT ?3");
    row.bind(chat_id, user_id, my_data_page_rows * 100);
    json::array reactions;
    while (row.step())
        reactions.push_back({{"message_id", row.integer(0)},
                             {"reaction", one_text(row, 1)},
                             {"date", row.integer(2)}});
    return reactions;
}

json::object chat_part(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    const auto chat = store.chat(chat_id);
    return {{"chat", {{"id", chat_id}, {"title", chat ? chat->title : ""}}},
            {"membership", membership_in(store, chat_id, user_id)},
            {"membership_changes", changes_in(store, chat_id, user_id)},
            {"totals", totals_in(store, chat_id, user_id)},
            {"reactions", reactions_in(store, chat_id, user_id)}};
}

struct Place {
    std::int64_t chat_id = 0;
    std::int64_t user_id = 0;
    std::int64_t date = INT64_MIN;
    std::int64_t message_id = INT64_MIN;
};

json::value file_of(Store& store, const Place& place) {
    const auto file = message_file(store, place.chat_id, place.message_id);
    if (!file) return nullptr;
    return {{"file_id", file->file_id},
            {"file_unique_id", file->unique_id},
            {"file_name", file->name},
            {"mime_type", file->mime_type},
            {"file_size", file->size},
            {"duration", file->duration},
            {"width", file->width},
            {"height", file->height},
            {"thumbnail_id", file->thumbnail_id}};
}

json::value details_of(Store& store, const Place& place) {
    const auto details = message_details(store, place.chat_id, place.message_id);
    if (!details) return nullptr;
    return {{"author_signature", details->author_signature},
            {"media_group_id", details->album_id},
            {"has_protected_content", details->is_protected},
            {"entities", parsed(details->entities)},
            {"external_chat_id", details->external_chat_id},
            {"external_message_id", details->external_message_id},
            {"forward_kind", details->forward_kind},
            {"forward_user_id", details->forward_user_id},
            {"forward_chat_id", details->forward_chat_id},
            {"forward_message_id", details->forward_message_id},
            {"forward_signature", details->forward_signature},
            {"forward_date", details->forward_date},
            {"is_automatic_forward", details->automatic_forward}};
}

// The next messages, each as JSON; empty at the end. Moves the place.
std::vector<std::string> next_messages(Store& store, Place& place) {
    auto row = store.database().prepare(
        "SELECT message_id, date, edit_date, thread_id, reply_to_message_id, text, length,"
        " media_type, forwarded_from FROM messages WHERE chat_id=?1 AND user_id=?2"
        " AND (date, message_id)>(?3, ?4) ORDER BY date, message_id LIMIT ?5");
    row.bind(place.chat_id, place.user_id, place.date, place.message_id, my_data_page_rows);
    std::vector<std::string> messages;
    while (row.step()) {
        place.message_id = row.integer(0);
        place.date = row.integer(1);
        messages.push_back(json::serialize(json::object{{"message_id", row.integer(0)},
                                                        {"date", row.integer(1)},
                                                        {"edit_date", row.integer(2)},
                                                        {"thread_id", row.integer(3)},
                                                        {"reply_to_message_id", row.integer(4)},
                                                        {"text", one_text(row, 5)},
                                                        {"length", row.integer(6)},
                                                        {"media_type", one_text(row, 7)},
                                                        {"forwarded_from", one_text(row, 8)},
                                                        {"file", file_of(store, place)},
                                                        {"details", details_of(store, place)}}));
    }
    return messages;
}

bool is_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    for (const char* sql : {"SELECT 1 FROM messages WHERE chat_id=?1 AND user_id=?2 LIMIT 1",
                            "SELECT 1 FROM memberships WHERE chat_id=?1 AND user_id=?2",
                            "SELECT 1 FROM membership_changes WHERE chat_id=?1 AND user_id=?2",
                            "SELECT 1 FROM rollups WHERE chat_id=?1 AND thread_id=0 AND span=0"
                            " AND start=0 AND user_id=?2"})
        if (store.database().prepare(sql).bind(chat_id, user_id).step()) return true;
    return false;
}

json::array business_of(Store& store, std::int64_t user_id) {
    auto row = store.database().prepare(
        "SELECT id, date, enabled, rights FROM business_connections WHERE user_id=?1");
    row.bind(user_id);
    json::array connections;
    while (row.step())
        connections.push_back({{"id", one_text(row, 0)},
                               {"date", row.integer(1)},
                               {"is_enabled", row.integer(2) != 0},
                               {"rights", parsed(row.text(3))}});
    return connections;
}

struct Begin {
    std::string head;  // the document up to its list of chats
    std::vector<std::int64_t> chats;
};

Begin begin_document(Store& store, std::int64_t user_id, std::int64_t now) {
    Begin begin;
    begin.head =
        json::serialize(json::object{{"exported", now},
                                     {"person", person_of(store, user_id)},
                                     {"opted_out", chats_left(store, user_id)},
                                     {"forgotten", forgotten_in(store, user_id)},
                                     {"business_connections", business_of(store, user_id)}});
    begin.head.back() = ',';
    begin.head += "\"chats\":[";
    for (const auto chat : store.known_chat_ids())
        if (is_in(store, chat, user_id)) begin.chats.push_back(chat);
    return begin;
}

}  // namespace

Task<std::string> my_data(StoreThread& store, std::int64_t user_id, std::int64_t now) {
    auto first = [user_id, now](Store& opened) { return begin_document(opened, user_id, now); };
    auto begin = co_await store.run(first);
    auto document = std::move(begin.head);
    bool complete = true;
    for (const auto chat : begin.chats) {
        auto about = [chat, user_id](Store& opened) { return chat_part(opened, chat, user_id); };
        const auto part = co_await store.run(about);
        if (document.back() == '}') document += ',';
        document += json::serialize(part);
        document.back() = ',';
        document += "\"messages\":[";
        Place place{.chat_id = chat, .user_id = user_id};
        for (bool more = true; more && complete;) {
            auto read = [place](Store& opened) mutable {
                auto messages = next_messages(opened, place);
                return std::pair(std::move(messages), place);
            };
            const auto [messages, after] = co_await store.run(read);
            place = after;
            more = !messages.empty();
            for (const auto& message : messages) {
                complete = complete && document.size() + message.size() < my_data_bytes_max;
                if (!complete) break;
                if (document.back() == '}') document += ',';
                document += '\n' + message;
            }
        }
        document += "]}";
    }
    document += complete ? "],\"complete\":true}\n" : "],\"complete\":false}\n";
    co_return document;
}

}  // namespace tgstats
