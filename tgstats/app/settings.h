#pragma once
// The bot's own settings: tgstats.yaml, with the environment over it and the command line over
// that.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/base/result.h"

namespace tgstats {

struct Settings {
    std::string token;                                          // BOT_TOKEN
    std::string telegram_api_url = "https://api.telegram.org";  // TELEGRAM_API_URL
    std::string proxy;                                          // TELEGRAM_PROXY
    std::string admin_token;                                    // ADMIN_TOKEN
    std::vector<std::int64_t> admins;  // ADMINS (ids, commas between): told of reloads
    std::int64_t notify_chat = 0;      // NOTIFY_CHAT: told instead of each admin
    std::string notify = "all";        // NOTIFY: all, failures, none
    // SEND_LIMITS: on, off, auto (on, but for the playground's own bot: it has no limits of floods)
    std::string send_limits = "auto";
    std::string listen = "127.0.0.1:8080";
    std::filesystem::path plugins = "plugins";
    std::filesystem::path data = "data";
    std::filesystem::path log = "logs/tgstats.log";
    std::filesystem::path file;  // that they were read from

    [[nodiscard]] bool keeps_send_limits() const;
};

// `admins`, `notify_chat` and `notify` are read anew while the bot runs, the others at its start.
//
// A file that does not exist gives the defaults. The error is one line: "tgstats.yaml:3: admins:
// expected …".
hotreload::Result<Settings, std::string> read_settings(const std::filesystem::path& file);

}  // namespace tgstats
