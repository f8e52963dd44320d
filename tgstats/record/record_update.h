#pragma once
// The core recording: one Bot API Update becomes rows (chat, users, message, reactions, membership,
// journal) in one transaction.
//
// Where a chat stores no texts (its setting store_text is off), no text of people is written:
// messages keep length and counts, service messages what holds no words, links and names of files
// are left out. Only the journal needs the whole update, until it is handled and every handler of
// messages has read it; then its body is erased in the same transaction (tgstats/store/journal.h).

#include <cstdint>
#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "hotreload/base/result.h"
#include "tgstats/store/store.h"

namespace tgstats {

namespace json = boost::json;

struct Recorded {
    bool duplicate = false;  // this update_id was recorded before: nothing was changed
    std::int64_t seq = 0;    // the journal's number; 0 for a duplicate
};

// The error is for an object that is no Update (no update_id). `now` is Unix seconds (the date of
// what carries none).
hotreload::Result<Recorded, std::string> record_update(Store& store, const json::object& update,
                                                       std::int64_t now);
// A message that the bot itself sent, as the Bot API returned it; no update announces those.
void record_own_message(Store& store, const json::object& message);

}  // namespace tgstats
