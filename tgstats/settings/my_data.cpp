#include "tgstats/settings/my_data.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

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

json::value membership_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    auto row = store.database().prepare(
        "SELECT status, joined, left FROM memberships WHERE chat_id=?1 AND user_id=?2");
    if (!row.bind(chat_id, user_id).step()) return nullptr;
    return {{"status", one_text(row, 0)}, {"joined", row.integer(1)}, {"left", row.integer(2)}};
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
            {"totals", totals_in(store, chat_id, user_id)},
            {"reactions", reactions_in(store, chat_id, user_id)}};
}

struct Place {
    std::int64_t chat_id = 0;
    std::int64_t user_id = 0;
    std::int64_t date = INT64_MIN;
    std::int64_t message_id = INT64_MIN;
};

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
                                                        {"forwarded_from", one_text(row, 8)}}));
    }
    return messages;
}

bool is_in(Store& store, std::int64_t chat_id, std::int64_t user_id) {
    for (const char* sql : {"SELECT 1 FROM messages WHERE chat_id=?1 AND user_id=?2 LIMIT 1",
                            "SELECT 1 FROM memberships WHERE chat_id=?1 AND user_id=?2",
                            "SELECT 1 FROM rollups WHERE chat_id=?1 AND thread_id=0 AND span=0"
                            " AND start=0 AND user_id=?2"})
        if (store.database().prepare(sql).bind(chat_id, user_id).step()) return true;
    return false;
}

struct Begin {
    std::string head;  // the document up to its list of chats
    std::vector<std::int64_t> chats;
};

Begin begin_document(Store& store, std::int64_t user_id, std::int64_t now) {
    Begin begin;
    begin.head = json::serialize(json::object{{"exported", now},
                                              {"person", person_of(store, user_id)},
                                              {"opted_out", chats_left(store, user_id)}});
    begin.head.back() = ',';
    begin.head += "\"chats\":[";
    for (const auto chat : store.chat_ids())
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
