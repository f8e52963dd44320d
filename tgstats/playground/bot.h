#pragma once
// One bot that is registered with the playground: its account, its updates, its commands and its
// webhook.

#include <map>
#include <string>
#include <utility>

#include "hotreload/base/task_group.h"
#include "tgstats/playground/update_queue.h"
#include "tgstats/playground/world.h"

namespace tgstats::playground {

struct BotAccount {
    std::string token = "1000000001:playground";  // the digits before the colon are the bot's id
    std::string first_name = "tgstats";
    std::string username = "tgstats_bot";
};

struct Webhook {
    std::string url;  // empty: none
    std::string secret;
    std::string certificate;  // PEM that the bot has uploaded; empty: none
    std::int64_t max_connections = 40;
    std::int64_t last_error_date = 0;
    std::string last_error_message;
};

struct Bot {
    Bot(hotreload::asio::any_io_executor executor, std::string its_token, User its_user,
        std::int64_t first_update_id)
        : token(std::move(its_token)),
          user(std::move(its_user)),
          updates(std::move(executor), first_update_id) {}

    std::string token;
    User user;
    UpdateQueue updates;
    // (scope, language) -> BotCommand objects; a scope is written as "default", "chat/-100…", …
    std::map<std::pair<std::string, std::string>, json::array> commands;
    std::map<std::string, std::string> texts;       // name, description, short_description
    std::map<std::string, std::int64_t> callbacks;  // unanswered callback query -> chat
    Webhook webhook;
    hotreload::TaskGroup::Handle webhook_task;
};

}  // namespace tgstats::playground
