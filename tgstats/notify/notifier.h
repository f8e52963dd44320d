#pragma once
// Tells operators of reloads in Telegram: follows the event log and keeps the messages in their
// chats equal to the notes. Nothing waits for it: when it is slow it loses events and says so, and
// what cannot be sent is told once in the log.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "hotreload/event/event_log.h"
#include "tgstats/notify/notes.h"
#include "tgstats/telegram/bot_api.h"

namespace tgstats {

inline constexpr Millis notify_pause{1'000};  // between two calls for one chat: Telegram's measure
inline constexpr Millis notify_retry{5'000};  // after a failed connection
inline constexpr Millis notify_deadline{15'000};  // of one call, once it is under way
inline constexpr std::size_t notify_page_max = 500;

enum class NotifyMode { all, failures, none };

struct NotifySettings {
    NotifyMode mode = NotifyMode::all;
    std::vector<std::int64_t> chats;  // private chats of the admins, or the one chat named instead

    bool operator==(const NotifySettings&) const = default;
};

class Notifier {
public:
    struct Parts {
        asio::any_io_executor executor;
        // One Bot API call, when the limits let it through.
        std::function<Task<ApiResult>(std::string method, json::object params)> call;
        hotreload::EventLog& events;
        std::function<NotifySettings()> settings;  // asked anew when there is something to tell
    };
    explicit Notifier(Parts parts) : parts_(std::move(parts)) {}

    // Tells what happens after the event `started`; of what was before it, only what failed. Runs
    // until it is cancelled.
    Task<void> run(std::uint64_t started);

private:
    struct Shown {
        std::int64_t message_id = 0;  // 0: none, it was passed over or may have got lost
        std::string html;
    };
    // One chat, and what stands in it.
    struct Chat {
        std::map<std::uint64_t, Shown> shown;  // by note
        hotreload::MonotonicTime next{};       // no call before
        bool refused = false;                  // told once in the log
    };

    std::uint64_t read(std::uint64_t seq);
    void ask_settings();
    // What has ended and is not to be told now is not told later, either.
    void pass_over(bool only_failures);
    // Makes the calls that may be made now; the time of the next one (max: nothing is to be told).
    Task<hotreload::MonotonicTime> show();
    [[nodiscard]] Note* due(const Chat& chat);
    [[nodiscard]] bool wanted(const Note& note) const;
    Task<void> put(std::int64_t chat_id, Note note);
    void failed(std::int64_t chat_id, Chat& chat, const Note& note, const ApiError& error);

    Parts parts_;
    NotifySettings settings_;
    Notes notes_;
    std::uint64_t told_revision_ = 0;
    std::map<std::int64_t, Chat> chats_;
};

}  // namespace tgstats
