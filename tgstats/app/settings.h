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
    std::vector<std::int64_t> admins;
    std::string listen = "127.0.0.1:8080";
    std::filesystem::path plugins = "plugins";
    std::filesystem::path data = "data";
    std::filesystem::path log = "logs/tgstats.log";
};

// A file that does not exist gives the defaults. The error is one line: "tgstats.yaml:3: admins:
// expected …".
hotreload::Result<Settings, std::string> read_settings(const std::filesystem::path& file);

}  // namespace tgstats
