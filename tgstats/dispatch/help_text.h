#pragma once
// What /start and /help say: always what is loaded at this moment.

#include <string>
#include <vector>

#include "hotreload/model/plugin.h"

namespace tgstats {

struct HelpTopics {
    std::vector<hotreload::Offer> plugins;  // their commands
    std::vector<hotreload::Offer> own;      // the bot's
};
// Telegram HTML.
std::string help_text(const HelpTopics& topics);
std::string start_text(const HelpTopics& topics, bool in_private);

}  // namespace tgstats
