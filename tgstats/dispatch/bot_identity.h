#pragma once
// Who the bot is, as getMe says.

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

namespace tgstats {

struct BotIdentity {
    std::int64_t id = 0;
    std::string username;
    boost::json::object json;  // the User as it came
};

}  // namespace tgstats
