#pragma once
// What simulated people do, as values; and texts as people write them.

#include <optional>
#include <string>

#include "tgstats/playground/api_error.h"
#include "tgstats/playground/arguments.h"
#include "tgstats/playground/world.h"

namespace tgstats::playground {

struct UserMessage {
    std::int64_t chat_id = 0;
    User from;
    std::string text;  // or the photo's caption
    std::optional<std::int64_t> reply_to_message_id;
    std::optional<std::int64_t> message_thread_id;
    std::optional<Upload> photo;
    std::string media_group_id;  // of an album that it is part of; else empty
    bool anonymous = false;      // an administrator who writes as the group itself
};

struct Posted {
    std::optional<std::int64_t> update_id;  // of the first bot; none when it does not get this kind
    std::int64_t message_id = 0;
};

struct Press {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    User from;
    std::string data;
};

struct UserReaction {
    std::int64_t chat_id = 0;
    std::int64_t message_id = 0;
    User from;
    json::array reaction;  // ReactionType objects; empty takes it back
};

// Gives a Message another text, or another caption where it has a medium. Errors are Telegram's.
std::optional<ApiError> rewrite(json::object& message, std::string text);

}  // namespace tgstats::playground
