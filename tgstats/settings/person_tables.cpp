#include "tgstats/settings/person_tables.h"

#include <array>

namespace tgstats {
namespace {

// Of the tables that hang on a message.
std::string of_own_message(const std::string& table) {
    return "chat_id=?1 OR EXISTS(SELECT 1 FROM messages m WHERE m.chat_id=" + table +
           ".chat_id AND m.message_id=" + table + ".message_id AND m.user_id=?1)";
}

std::string known_in_chat() {
    std::string sql;
    for (const char* rows :
         {"messages t WHERE t.chat_id=chats.id AND t.user_id=?1",
          "memberships t WHERE t.chat_id=chats.id AND t.user_id=?1",
          "membership_changes t WHERE t.chat_id=chats.id AND t.user_id=?1",
          "rollups t WHERE t.chat_id=chats.id AND thread_id=0 AND span=0 AND start=0"
          " AND t.user_id=?1"})
        sql += (sql.empty() ? "EXISTS(SELECT 1 FROM " : " OR EXISTS(SELECT 1 FROM ") +
               std::string(rows) + ")";
    return sql;
}

constexpr const char* in_own_chat = "chat_id=?1";
constexpr const char* of_user = "chat_id=?1 OR user_id=?1";

const std::array<PersonTable, 27>& tables() {
    static const std::array<PersonTable, 27> all{{
        {.name = "users", .whole = "id=?1"},
        {.name = "opted_out", .whole = of_user},
        {.name = "forgotten", .whole = of_user},
        {.name = "erasures", .whole = of_user},
        {.name = "business_connections", .whole = "user_id=?1 OR user_chat_id=?1"},
        {.name = "business_accounts", .whole = "user_id=?1"},
        {.name = "business_chats",
         .whole = "chat_id=?1 OR person_id=?1 OR connection_id IN (SELECT id FROM"
                  " business_connections WHERE user_id=?1)"},
        {.name = "chats",
         .whole = "id=?1",
         .named = known_in_chat(),
         .shown = {"id", "type", "title"}},
        {.name = "chat_policies", .whole = in_own_chat},
        {.name = "stop_words", .whole = in_own_chat},
        {.name = "memberships", .whole = of_user},
        {.name = "membership_changes", .whole = "chat_id=?1 OR user_id=?1 OR actor_id=?1"},
        {.name = "chat_titles", .whole = "chat_id=?1 OR actor_id=?1"},
        {.name = "topics", .whole = "chat_id=?1 OR creator_id=?1"},
        {.name = "service_rows",
         .whole = "chat_id=?1 OR actor_id=?1",
         .json = "details",
         .shown = {"chat_id", "message_id", "date", "actor_id", "action"}},
        // What answers them in a group is said to the group.
        {.name = "outbox",
         .whole = in_own_chat,
         .named = "EXISTS(SELECT 1 FROM journal j WHERE j.update_id=outbox.update_id"
                  " AND instr(j.body, '\"from\":{\"id\":'||?1||',')>0)",
         .json = "params",
         .shown = {"id", "batch", "chat_id", "update_id", "plugin", "method", "created",
                   "sending"}},
        {.name = "outbox_files",
         .whole = "EXISTS(SELECT 1 FROM outbox o WHERE o.id=entry AND o.chat_id=?1)"},
        {.name = "hours", .whole = in_own_chat},
        {.name = "past_hours", .whole = in_own_chat},
        {.name = "deletions", .whole = in_own_chat},
        {.name = "past_rollups", .whole = of_user},
        {.name = "rollups", .whole = of_user},
        {.name = "reactions", .whole = "chat_id=?1 OR user_id=?1 OR author_id=?1"},
        {.name = "messages",
         .whole = of_user,
         .named = "reply_to_user_id=?1",
         .shown = {"chat_id", "message_id", "user_id", "date", "thread_id", "reply_to_message_id",
                   "reply_to_user_id"}},
        {.name = "message_details",
         .whole = of_own_message("message_details"),
         .named = "forward_user_id=?1",
         .json = "entities",
         .shown = {"chat_id", "message_id", "forward_kind", "forward_user_id", "forward_date"}},
        {.name = "message_files", .whole = of_own_message("message_files")},
        {.name = "journal",
         .whole = in_own_chat,
         .json = "body",
         .shown = {"seq", "update_id", "chat_id", "kind", "received", "handled", "private"}},
    }};
    return all;
}

}  // namespace

std::span<const PersonTable> person_tables() { return tables(); }

}  // namespace tgstats
