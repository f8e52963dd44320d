#pragma once
// Keeps Telegram's command menus equal to the commands that are loaded: after every publication,
// once it is quiet, and again when Telegram did not take it. There is one for each scope, so that
// people find what they may use where they are.

#include <string>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/routes.h"
#include "tgstats/dispatch/built_ins.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr std::size_t menu_commands_max = 100;  // Telegram's bounds
inline constexpr std::size_t menu_description_chars_max = 256;
inline constexpr Millis menu_retry_first{500};
inline constexpr Millis menu_retry_max{60'000};

// The menu for the plugins' commands and, after them, those of the bot's own that belong there.
// Names that Telegram would refuse are left out, and plugins' names that the bot answers itself
// (`reserved`, some of which may stand in other menus only).
json::array menu_of(const std::vector<hotreload::Offer>& plugins,
                    const std::vector<hotreload::Offer>& own,
                    const std::vector<hotreload::Offer>& reserved);

// By the type of its BotCommandScope; as text, to be compared.
struct ScopedMenu {
    std::string scope;
    std::string commands;  // JSON
    std::size_t count = 0;

    bool operator==(const ScopedMenu&) const = default;
};
// In the order in which they are sent: the narrower the scope, the earlier. A plugin's commands are
// for everybody. What narrower scopes do not say, "default" says: it is set, too, since an earlier
// program may have left something there.
std::vector<ScopedMenu> menus_of(const std::vector<hotreload::Offer>& plugins, const BuiltIns& own);

class CommandMenu {
public:
    CommandMenu(asio::any_io_executor executor, BotApi& api, hotreload::EventLog& events);

    void set(const hotreload::Routes& routes, const BuiltIns& own);
    // Sends what was set last whenever it differs from what Telegram has. Runs until cancelled.
    Task<void> run();

private:
    [[nodiscard]] const ScopedMenu* next_to_send() const;
    Task<bool> send(ScopedMenu menu);

    BotApi& api_;
    hotreload::EventLog& events_;
    asio::any_io_executor executor_;
    hotreload::Condition changed_;
    std::vector<ScopedMenu> wanted_;
    std::vector<ScopedMenu> sent_;
};

}  // namespace tgstats
