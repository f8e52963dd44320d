#pragma once
// Keeps the journal small: soon after the start and then hourly it notes which readers are there,
// forgets those that are gone for long, and erases what all have read, at first its texts, later
// all of it. A fault of the store puts off one turn, no more.

#include <functional>
#include <string>
#include <vector>

#include "hotreload/event/event_log.h"
#include "tgstats/store/store_thread.h"

namespace tgstats {

using hotreload::Millis;

inline constexpr std::int64_t cursor_keep_s = 7 * 86'400;   // of a plugin that is gone
inline constexpr std::int64_t journal_keep_s = 7 * 86'400;  // bodies that all have read
// Telegram gives an update for a day; after a week without any it may number them anew, by chance.
inline constexpr std::int64_t update_keep_s = 8 * 86'400;
inline constexpr std::int64_t private_keep_s = 86'400;  // of chats without texts, read or not

class Housekeeping {
public:
    struct Times {
        Millis first{60'000};  // after the start
        Millis period{3'600'000};
        Millis after_fault{60'000};
    };
    struct Parts {
        asio::any_io_executor executor;
        StoreThread& store;
        hotreload::EventLog& events;
        std::function<Task<std::vector<std::string>>()> readers;  // those that are there
        std::function<void(const std::vector<std::string>&)> on_forgotten;
    };
    Housekeeping(Parts parts, Times times) : parts_(std::move(parts)), times_(times) {}

    Task<void> run();  // until it is cancelled

private:
    Task<void> clean();
    Task<void> shorten(std::int64_t now);

    Parts parts_;
    Times times_;
};

}  // namespace tgstats
