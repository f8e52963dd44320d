#pragma once
// Reading what a Bot API server answers: member by member, and updates one by one, so that one that
// cannot be read spoils no other.

#include <string>
#include <vector>

#include "tgstats/telegram/bot_api.h"

namespace tgstats {

struct ApiAnswer {
    long status = 0;  // HTTP's
    std::string text;
};

// What is returned can be written and read again.
ApiResult read_answer(const std::string& method, const ApiAnswer& answer);
Result<PolledUpdates, ApiError> read_updates(const std::string& method, const ApiAnswer& answer);

}  // namespace tgstats
