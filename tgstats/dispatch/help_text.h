#pragma once
// What /start and /help say: always what is loaded at this moment.

#include <string>
#include <vector>

#include "hotreload/model/plugin.h"

namespace tgstats {

// Telegram HTML.
std::string help_text(const std::vector<hotreload::Offer>& commands);
std::string start_text(const std::vector<hotreload::Offer>& commands, bool in_private);

}  // namespace tgstats
