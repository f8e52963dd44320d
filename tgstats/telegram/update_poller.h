#pragma once
// The long-poll loop: fetches updates, hands them on in order, and confirms them to the server only
// after they were taken.

#include <optional>

#include "hotreload/event/event_log.h"
#include "tgstats/telegram/backoff.h"
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
    Millis conflict_pause{5'000};    // least, so that the other poller gets its answer meanwhile
    Millis conflict_quiet{600'000};  // between two words about other pollers
};

class UpdatePoller {
public:
    // `api` and `events` must outlive run().
    UpdatePoller(BotApi& api, hotreload::EventLog& events, DeliverUpdates deliver,
                 PollerOptions options = {});

    // Runs until it is cancelled. A webhook that stands in the way is removed. Events:
    // telegram_poll_failed, telegram_poll_conflict (409: a second poller),
    // telegram_webhook_removed, telegram_poll_recovered, telegram_delivery_failed,
    // telegram_update_malformed.
    Task<void> run();

private:
    Task<bool> take(PolledUpdates polled);
    Task<void> pause_after(ApiError error);
    Task<void> remove_webhook(std::string reason);
    void tell_conflict(const ApiError& error);

    BotApi& api_;
    hotreload::EventLog& events_;
    DeliverUpdates deliver_;
    PollerOptions options_;
    Backoff backoff_;
    std::int64_t offset_ = 0;
    std::int64_t failures_ = 0;  // in a row
    bool told_ = false;          // of these failures
    std::optional<hotreload::MonotonicTime> conflict_told_;
};

}  // namespace tgstats
