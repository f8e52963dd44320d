#pragma once
// The commands a bot has announced, by scope and language, and which of them a chat shows.

#include "tgstats/playground/api_error.h"
#include "tgstats/playground/arguments.h"
#include "tgstats/playground/bot.h"

namespace tgstats::playground {

// "default", "all_private_chats", "chat/-1001", "chat_member/-1001/5", …; the error is Telegram's.
// A chat may be named by its @username.
Outcome<std::string> command_scope(World& world, const Arguments& arguments);
// Checked BotCommand objects of the parameter `commands`.
Outcome<json::array> checked_commands(const Arguments& arguments);
// What a person sees in a chat: the narrowest scope that has commands.
json::array commands_for(const Bot& bot, const Chat& chat, std::int64_t user_id);

}  // namespace tgstats::playground
