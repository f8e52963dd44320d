#include "tgstats/store/move_chat.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tgstats/store/chat_policy.h"

namespace tgstats {

namespace {

// What a chat is; all other columns say how it is to be treated.
constexpr std::array<std::string_view, 7> identity_columns{
    "id", "type", "title", "username", "is_forum", "migrated_to", "active"};

void move_messages(Database& database, std::int64_t from, std::int64_t to) {
    for (const char* sql :
         {"UPDATE OR REPLACE messages SET chat_id=?2, message_id=message_id+?3,"
          " reply_to_message_id=CASE WHEN reply_to_message_id=0 THEN 0 ELSE reply_to_message_id+?3 "
          "END WHERE chat_id=?1",
          "UPDATE OR REPLACE service_rows SET chat_id=?2, message_id=message_id+?3 WHERE "
          "chat_id=?1",
          "UPDATE OR REPLACE reactions SET chat_id=?2, message_id=message_id+?3 WHERE chat_id=?1",
          "UPDATE OR REPLACE deletions SET chat_id=?2, message_id=message_id+?3 WHERE chat_id=?1"})
        database.prepare(sql).bind(from, to, migrated_shift).run();
}

void move_people(Database& database, std::int64_t from, std::int64_t to) {
    for (const char* sql : {"UPDATE OR IGNORE memberships SET chat_id=?2 WHERE chat_id=?1",
                            "UPDATE membership_changes SET chat_id=?2 WHERE chat_id=?1",
                            "UPDATE OR IGNORE chat_titles SET chat_id=?2 WHERE chat_id=?1"})
        database.prepare(sql).bind(from, to).run();
    for (const char* sql :
         {"DELETE FROM memberships WHERE chat_id=?1", "DELETE FROM chat_titles WHERE chat_id=?1"})
        database.prepare(sql).bind(from).run();
}

void copy_settings(Database& database, std::int64_t from, std::int64_t to) {
    std::string columns;
    auto table = database.prepare("SELECT name FROM pragma_table_info('chats')");
    while (table.step()) {
        const std::string name(table.text(0));
        if (std::find(identity_columns.begin(), identity_columns.end(), name) !=
            identity_columns.end())
            continue;
        columns += (columns.empty() ? "" : ", ") + name;
    }
    database
        .prepare("UPDATE chats SET (" + columns + ") = (SELECT " + columns +
                 " FROM chats WHERE id=?1) WHERE id=?2")
        .bind(from, to)
        .run();
}

// An id within a longer number is another number.
bool stands_alone(std::string_view key, std::size_t at, std::size_t size) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool before = at > 0 && (digit(key[at - 1]) || key[at - 1] == '-');
    return !before && (at + size == key.size() || !digit(key[at + size]));
}

std::string with_new_id(std::string key, const std::string& from, const std::string& to) {
    for (auto at = key.find(from); at != std::string::npos; at = key.find(from, at)) {
        const bool whole = stands_alone(key, at, from.size());
        if (whole) key.replace(at, from.size(), to);
        at += whole ? to.size() : from.size();
    }
    return key;
}

// Plugins keep what belongs to a chat under a key that holds its id.
void move_plugin_state(Database& database, std::int64_t from, std::int64_t to) {
    const auto old_id = std::to_string(from);
    std::vector<std::pair<std::string, std::string>> found;
    auto keys = database.prepare("SELECT plugin, key FROM plugin_state WHERE instr(key, ?1)>0");
    keys.bind(old_id);
    while (keys.step()) found.emplace_back(keys.text(0), keys.text(1));
    keys.reset();
    for (const auto& [plugin, key] : found) {
        const auto renamed = with_new_id(key, old_id, std::to_string(to));
        if (renamed == key) continue;
        database.prepare("UPDATE OR IGNORE plugin_state SET key=?3 WHERE plugin=?1 AND key=?2")
            .bind(plugin, key, renamed)
            .run();
    }
}

// What is under way stays as it was sent, and so does what speaks of a message (edits, deletions):
// the new group counts its own from 1, and none of the old one can be replied to there.
void move_outbox(Database& database, std::int64_t from, std::int64_t to) {
    database
        .prepare(
            "UPDATE outbox SET chat_id=?2, params=json_remove(json_set(params, '$.chat_id', ?2),"
            " '$.reply_parameters', '$.reply_to_message_id')"
            " WHERE chat_id=?1 AND sending=0 AND method GLOB 'send*' AND json_valid(params)")
        .bind(from, to)
        .run();
}

// Whoever has a chat's or a person's texts erased finds them under the chat's new id. Bodies stay
// as they came, and so does their order.
void move_journal(Database& database, std::int64_t from, std::int64_t to) {
    database
        .prepare(
            "UPDATE journal SET chat_id=?2 WHERE seq IN (SELECT seq FROM journal INDEXED BY"
            " journal_bodies WHERE received>=0 AND body<>'' AND chat_id=?1)")
        .bind(from, to)
        .run();
}

}  // namespace

void move_chat(Database& database, std::int64_t from, std::int64_t to) {
    move_messages(database, from, to);
    move_people(database, from, to);
    copy_settings(database, from, to);
    move_policies(database, from, to);
    move_plugin_state(database, from, to);
    move_outbox(database, from, to);
    move_journal(database, from, to);
    database.prepare("UPDATE chats SET migrated_to=?2 WHERE id=?1").bind(from, to).run();
}

}  // namespace tgstats
