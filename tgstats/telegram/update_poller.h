#pragma once
// The long-poll loop: fetches updates, hands them on in order, and confirms them to the server only
// after they were taken.

#include <functional>
#include <vector>

#include "hotreload/event/event_log.h"
#include "tgstats/telegram/bot_api.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

inline constexpr int poll_timeout_s = 50;
inline constexpr Millis poll_margin{
    15'000};  // the total deadline of getUpdates is the poll timeout plus this
inline constexpr int poll_batch_max = 100;

struct PollerOptions {
    int timeout_s = poll_timeout_s;
    Millis margin = poll_margin;
    Millis backoff_first{250};
    Millis backoff_max{30'000};
    Millis retry_after_max{300'000};
};

class UpdatePoller {
public:
    // Takes a batch in order. When it returns, the batch is durable: only then its offset goes to
    // the server. When it throws, the same batch is delivered again after a pause.
    using Deliver = std::function<Task<void>(std::vector<Update> batch)>;

    // `api` and `events` must outlive run().
    UpdatePoller(BotApi& api, hotreload::EventLog& events, Deliver deliver,
                 PollerOptions options = {});

    // Runs until it is cancelled. Events: telegram_poll_failed, telegram_poll_conflict (409: a
    // second poller or a webhook), telegram_poll_recovered, telegram_delivery_failed,
    // telegram_update_malformed.
    Task<void> run();

private:
    Task<bool> take(const json::value& result);
    Task<void> pause_after(ApiError error);
    [[nodiscard]] Millis backoff();

    BotApi& api_;
    hotreload::EventLog& events_;
    Deliver deliver_;
    PollerOptions options_;
    std::int64_t offset_ = 0;
    int failures_ = 0;
};

}  // namespace tgstats
