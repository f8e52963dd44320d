#pragma once
// Who does not want to be counted in one chat, and what goes of Telegram's objects that name them.
// On the store's thread.

#include <cstdint>
#include <string_view>

#include <boost/json/object.hpp>

#include "tgstats/store/store.h"

namespace tgstats {

namespace json = boost::json;

class Consent {
public:
    // Where the chat is now: a group that has moved took its opt-outs along.
    Consent(Store& store, std::int64_t chat_id)
        : store_(store), chat_id_(store.current_chat_id(chat_id)) {}

    [[nodiscard]] bool refused_by(const json::object* user) const;  // null: nobody
    [[nodiscard]] bool refused_by(std::int64_t user_id) const;
    // Also whoever has had forgotten what they did then.
    [[nodiscard]] bool refused_by(const json::object* user, std::int64_t date) const;

private:
    Store& store_;
    std::int64_t chat_id_;
};

// The member of that name where it is an object; null where it is not, or where `parent` is null.
const json::object* part_of(const json::object* parent, std::string_view name);
json::object* part_of(json::object* parent, std::string_view name);

// All are true where something was taken away.
// The user under that name; `parent` may be null.
bool strip_user(const Consent& consent, json::object* parent, std::string_view name);
// Whom a Message answers, quotes, forwards, pins, mentions or brings into the group.
bool strip_message(const Consent& consent, json::object& message);
// A Message under that name: one of theirs keeps its id, place and date, of any other goes what
// names them.
bool strip_message_in(const Consent& consent, json::object& parent, std::string_view name);

}  // namespace tgstats
