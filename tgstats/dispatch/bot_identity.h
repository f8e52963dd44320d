#pragma once
// Who the bot is, as getMe says.

#include <cstdint>
#include <string>

#include <boost/json/object.hpp>

namespace tgstats {

struct BotIdentity {
    std::int64_t id = 0;
    std::string username;
    boost::json::object json;  // the User as it came
};

}  // namespace tgstats
