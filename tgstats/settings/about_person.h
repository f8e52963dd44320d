#pragma once
// What of Telegram's JSON is about one person: what they said, did and are. Of other people only
// numbers stay.

#include <cstdint>
#include <optional>

#include <boost/json/value.hpp>

namespace tgstats {

// `theirs`: the value belongs to the person as a whole, but for what in it belongs to others (a
// message that is answered, a User that is mentioned). Otherwise what names them stays, and where
// and when it stands. nullopt: nothing.
std::optional<boost::json::value> about_person(const boost::json::value& value,
                                               std::int64_t user_id, bool theirs);

}  // namespace tgstats
