#include "tgstats/dispatch/housekeeping.h"

#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/unix_time.h"
#include "tgstats/store/journal.h"

namespace tgstats {

Task<void> Housekeeping::run() {
    auto pause = times_.first;
    for (;;) {
        asio::steady_timer timer(parts_.executor, pause);
        co_await timer.async_wait(asio::use_awaitable);
        std::string fault;
        try {
            co_await clean();
        } catch (const SqlError& error) {
            fault = error.what();
        } catch (const StoreBusy& error) {
            fault = error.what();
        }
        pause = fault.empty() ? times_.period : times_.after_fault;
        if (!fault.empty())
            parts_.events.emit_host("housekeeping_failed", hotreload::Level::error,
                                    {{"reason", std::move(fault)}});
    }
}

Task<void> Housekeeping::clean() {
    const auto here = co_await parts_.readers();
    const auto now = hotreload::unix_now();
    auto work = [here, now](Store& store) {
        for (const auto& reader : here) touch_cursor(store, reader, now);
        auto forgotten = forget_cursors(store, now - cursor_keep_s);
        journal_prune(store, now - journal_keep_s, now - private_keep_s);
        return forgotten;
    };
    const auto forgotten = co_await parts_.store.run(work);
    parts_.on_forgotten(forgotten);
    co_await shorten(now);
}

// Whoever has other work for the store comes in between.
Task<void> Housekeeping::shorten(std::int64_t now) {
    JournalStep step;
    while (!step.last) {
        auto work = [at = step.at, now](Store& store) {
            return journal_shorten(store, at, now - update_keep_s, now);
        };
        step = co_await parts_.store.run(work);
    }
}

}  // namespace tgstats
