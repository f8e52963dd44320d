#pragma once
// Telegram's limits as the playground holds them: of contents always, of floods when they are
// switched on. It counts what broke one, so that a test can fail by it.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "hotreload/base/clock.h"
#include "tgstats/playground/api_error.h"
#include "tgstats/playground/arguments.h"

namespace tgstats::playground {

struct FloodLimit {
    std::size_t messages = 0;  // within any window
    hotreload::Millis window{0};
};
inline constexpr FloodLimit flood_of_bot{30, hotreload::Millis{1'000}};
inline constexpr FloodLimit flood_of_private_chat{10, hotreload::Millis{10'000}};  // a short burst
inline constexpr FloodLimit flood_of_group{20, hotreload::Millis{60'000}};

// How many messages a call makes; an album makes one for each item, an edit none.
std::size_t messages_made(std::string_view method, const Arguments& arguments);

class Limits {
public:
    void switch_floods(bool on);
    [[nodiscard]] bool floods_on() const { return floods_on_; }
    // The error 429 for a call that would be one message too many; what passes counts as made.
    std::optional<ApiError> take(std::int64_t chat_id, std::size_t messages,
                                 hotreload::MonotonicTime now);
    // A call ended so: counts it if a limit was the reason.
    void note(const ApiError& error);
    // {"on", "violations", "kinds": {name: number}}
    [[nodiscard]] json::object describe() const;

private:
    struct Window {
        std::deque<hotreload::MonotonicTime> taken;
        // How long until there is room; 0: there is.
        hotreload::Millis wait(const FloodLimit& limit, std::size_t messages,
                               hotreload::MonotonicTime now);
    };
    bool floods_on_ = false;
    Window all_;
    std::map<std::int64_t, Window> chats_;
    std::map<std::string, std::int64_t, std::less<>> violations_;
};

}  // namespace tgstats::playground
