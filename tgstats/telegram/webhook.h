#pragma once
// Updates by webhook: the route that takes them, each answered only when it is durable, and the
// registration that tells Telegram where to post.

#include <memory>
#include <optional>
#include <string>

#include "hotreload/base/condition.h"
#include "hotreload/event/event_log.h"
#include "tgstats/http/router.h"
#include "tgstats/telegram/bot_api.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

inline constexpr std::size_t webhook_body_bytes_max = update_bytes_max;
inline constexpr const char* webhook_path = "/tg/webhook";

class WebhookReceiver {
public:
    struct Parts {
        std::string secret;  // of the header X-Telegram-Bot-Api-Secret-Token; never empty
        DeliverUpdates deliver;
        hotreload::EventLog& events;
    };
    WebhookReceiver(const asio::any_io_executor& executor, Parts parts);

    // POST /tg/webhook, for whoever knows the secret, by any host name: a proxy stands before it.
    // The receiver must outlive the router.
    void mount(http::Router& router);
    // Before open() and after close() updates are turned away with 503, so that they come again.
    void open() { open_ = true; }
    void close() { open_ = false; }
    // After close(): completes when no update is being kept any more (true), or at the deadline.
    Task<bool> finish(Millis deadline);

private:
    struct Work;
    class Keeping;
    Task<http::Response> take(http::Request request);
    Task<http::Response> keep(std::string body);
    void tell_stranger(const std::string& remote);

    Parts parts_;
    bool open_ = false;
    std::shared_ptr<Work> work_;  // an update that the store is still keeping outlives this object
    std::optional<hotreload::MonotonicTime> stranger_told_;
};

struct WebhookOptions {
    std::string url;
    std::string secret;
    std::string certificate;  // PEM, for one that no authority has signed; empty: none is sent
    // More than one lets updates of one chat overtake each other.
    int max_connections = 1;
    Millis backoff_first{1'000};
    Millis backoff_max{60'000};
    Millis look_interval{300'000};
};

// Sets the webhook, and looks now and then whether it is still set and whether posts arrive.
class WebhookRegistration {
public:
    // `api` and `events` must outlive run().
    WebhookRegistration(BotApi& api, hotreload::EventLog& events, WebhookOptions options);

    // Runs until it is cancelled. Events: webhook_set, webhook_failed (with the reason),
    // webhook_lost (somebody has set another one or none), webhook_not_delivered.
    Task<void> run();

private:
    Task<bool> set();
    Task<bool> look();
    void tell(const char* event, hotreload::Level level, const std::string& reason);

    BotApi& api_;
    hotreload::EventLog& events_;
    WebhookOptions options_;
    std::int64_t error_date_ = 0;
};

}  // namespace tgstats
