#pragma once
// The bodies of updates as rows, kind by kind. Each is part of the open transaction. What belongs
// to a group that has become a supergroup is recorded where the group is now.

#include <cstdint>

#include <boost/json/object.hpp>

#include "tgstats/store/store.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

namespace json = boost::json;

// `date` says when the chat was called so.
void record_chat(Store& store, const json::object& chat, std::int64_t date);
void record_person(Store& store, const json::object* user);  // null and users without id: nothing
void record_message(Store& store, const json::object& message);
// A service message: its row, and what it tells of members, titles, topics and moves.
void record_service(Store& store, const json::object& message, std::string_view action);
void record_reaction(Store& store, const json::object& body);        // MessageReactionUpdated
void record_reaction_count(Store& store, const json::object& body);  // …CountUpdated
enum class Whose { own, others };
void record_member(Store& store, const json::object& body, Whose whose);  // ChatMemberUpdated

// Where what happens in a business account's chat is kept (tgstats/store/business.h); 0 where it is
// not recorded: it is malformed, or tells of a chat of which nothing is there.
std::int64_t business_place(Store& store, const json::object& body, UpdateKind kind);
void record_business_connection(Store& store, const json::object& body);
void record_business_message(Store& store, const json::object& message, std::int64_t chat_id);
void record_business_deletion(Store& store, const json::object& body, std::int64_t chat_id,
                              std::int64_t now);  // BusinessMessagesDeleted

}  // namespace tgstats
