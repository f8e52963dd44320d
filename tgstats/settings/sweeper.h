#pragma once
// Deletes in the background what is to go: what the retention of each chat says, daily and at the
// start, and what people asked for, at once. One bounded step after the other, so that commands get
// the store's thread in between.

#include "hotreload/base/condition.h"
#include "hotreload/event/event_log.h"
#include "tgstats/store/privacy.h"
#include "tgstats/store/retention.h"
#include "tgstats/store/store_thread.h"

namespace tgstats {

using hotreload::Millis;

inline constexpr Millis sweep_period{24 * 3'600 * 1'000};
inline constexpr Millis sweep_retry{60'000};  // after a fault of the store

class Sweeper {
public:
    Sweeper(asio::any_io_executor executor, StoreThread& store, hotreload::EventLog& events,
            Millis period = sweep_period)
        : store_(store), events_(events), period_(period), asked_(std::move(executor)) {}

    // There is something to delete.
    void wake();
    // Until it is cancelled; what it was at is taken up at the next start.
    Task<void> run();

private:
    Task<void> sweep();
    Task<void> erase(Erasure erasure);
    Task<void> retain(std::int64_t chat_id);
    using Step = void (*)(Store& store, RetentionRun& run);
    Task<RetentionRun> go_through(RetentionRun run, Step step);

    StoreThread& store_;
    hotreload::EventLog& events_;
    Millis period_;  // between sweeps that nobody asks for
    hotreload::Condition asked_;
    bool again_ = true;
};

}  // namespace tgstats
