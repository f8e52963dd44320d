#pragma once
// The bot's own settings: tgstats.yaml, with the environment over it and the command line over
// that.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/base/result.h"

namespace tgstats {

// How updates come: with a url Telegram posts them there, without one the bot polls.
struct WebhookSettings {
    std::string url;                    // WEBHOOK_URL
    std::string secret;                 // WEBHOOK_SECRET; empty: one is made and kept in `data`
    std::string listen;                 // WEBHOOK_LISTEN: an address for it alone; empty: `listen`
    std::filesystem::path certificate;  // PEM to be uploaded, for a self-signed one
    std::int64_t max_connections = 1;   // more let updates of one chat overtake each other
};

struct Settings {
    std::string token;                                          // BOT_TOKEN
    std::string telegram_api_url = "https://api.telegram.org";  // TELEGRAM_API_URL
    std::string proxy;                                          // TELEGRAM_PROXY
    std::string ca_file;  // SSL_CERT_FILE: PEM of whom to trust instead of the system's
    WebhookSettings webhook;
    std::string admin_token;           // ADMIN_TOKEN
    std::vector<std::int64_t> admins;  // ADMINS (ids, commas between): told of reloads
    std::int64_t notify_chat = 0;      // NOTIFY_CHAT: told instead of each admin
    std::string notify = "all";        // NOTIFY: all, failures, none
    // SEND_LIMITS: on, off, auto (on, but for the playground's own bot: it has no limits of floods)
    std::string send_limits = "auto";
    // BUSINESS_TEXTS: owner (of a business account: lets its chats' texts be stored), never
    std::string business_texts = "owner";
    std::string listen = "127.0.0.1:8080";
    std::vector<std::string> hosts;  // names by which a proxy in front is called, without port
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
