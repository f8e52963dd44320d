#pragma once
// Keeps Telegram's command menu equal to the commands that are loaded: after every publication,
// once it is quiet, and again when Telegram did not take it.

#include <string>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/routes.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr std::size_t menu_commands_max = 100;  // Telegram's bounds
inline constexpr std::size_t menu_description_chars_max = 256;
inline constexpr Millis menu_retry_first{500};
inline constexpr Millis menu_retry_max{60'000};

// The menu for the plugins' commands and, after them, the bot's own. Names that Telegram would
// refuse are left out.
json::array menu_of(const std::vector<hotreload::Offer>& plugins,
                    const std::vector<hotreload::Offer>& own);

class CommandMenu {
public:
    CommandMenu(asio::any_io_executor executor, BotApi& api, hotreload::EventLog& events);

    void set(const hotreload::Routes& routes, const std::vector<hotreload::Offer>& own);
    // Sends what was set last whenever it differs from what Telegram has. Runs until cancelled.
    Task<void> run();

private:
    BotApi& api_;
    hotreload::EventLog& events_;
    asio::any_io_executor executor_;
    hotreload::Condition changed_;
    std::string wanted_;  // serialized
    std::string sent_;
};

}  // namespace tgstats
