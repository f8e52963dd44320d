#pragma once
// What Telegram takes in a time, and who goes next when more wants to go out: calls stand in line
// here and are let through when no limit is broken by it. Plain state over times that are passed
// in.
//
// A message counts from its request until one window after its answer. So however long requests
// are on their way, Telegram never sees more within a window than a limit allows.

#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>

#include "hotreload/base/clock.h"

namespace tgstats {

using hotreload::Millis;
using hotreload::MonotonicTime;

// At most `messages` within any `window`.
struct RateLimit {
    std::size_t messages = 0;
    Millis window{0};
};
// Telegram's own: about 30 messages a second; one a second to a person, where bursts are borne; 20
// a minute in a group. An album of ten is one burst.
inline constexpr RateLimit rate_of_all{30, Millis{1'000}};
inline constexpr RateLimit rate_of_private_chat{10, Millis{10'000}};
inline constexpr RateLimit rate_of_group{20, Millis{60'000}};
inline constexpr std::chrono::seconds longest_rate_window{60};
// Ours, of edits, which are counted by themselves: Telegram names no number.
inline constexpr RateLimit rate_of_all_edits{30, Millis{1'000}};
inline constexpr RateLimit rate_of_edits{10, Millis{10'000}};
// While answers to commands want to go out, one notice is let through after so many of them.
inline constexpr int answers_in_a_row_max = 9;
// Two chats that had been sent nothing lately, refused within this time: the refusals are meant for
// the whole bot.
inline constexpr Millis quiet_refusals_within{10'000};

// What one call means to the limits.
struct Sending {
    enum class Kind { message, edit, other };  // others have no limit
    Kind kind = Kind::other;
    std::int64_t chat_id = 0;  // below 0: a group or channel
    std::size_t messages = 0;
};
Sending sending_of(std::string_view method, const boost::json::object& params);

class SendRate {
public:
    using Number = std::uint64_t;  // of a call, from 1, in the order in which they came

    struct Admission {
        Number number = 0;  // who may go, and is on its way now; 0: nobody at this time
        // Nobody: when to ask again if nothing else happens; max: only if something happens.
        MonotonicTime again = MonotonicTime::max();
    };

    // `limited` false: only the pauses that Telegram asks for are kept.
    explicit SendRate(bool limited) : limited_(limited) {}

    // Answers to commands go before notices.
    Number ask(Sending sending, bool answer);
    // A notice becomes as urgent as an answer: one waits behind it.
    void hurry(Number number);
    void withdraw(Number number);
    Admission admit(MonotonicTime now);
    // What was on its way has its answer, or will get none.
    void answered(Number number, MonotonicTime now);
    // A call of an earlier process of this bot had its answer at this time. In the order of times,
    // before anything is asked.
    void remember(const Sending& sending, MonotonicTime at);
    // Its answer was "retry after": its chat pauses, or everybody does. Before answered().
    void refused(Number number, MonotonicTime now, Millis retry_after);
    [[nodiscard]] std::size_t waiting() const { return answers_.size() + notices_.size(); }

private:
    using Line = std::map<Number, Sending>;
    // What counts for one limit.
    struct Window {
        std::size_t counted = 0;  // under way, and answered not long ago
        std::deque<std::pair<MonotonicTime, std::size_t>> answered;  // until when they count

        void forget(MonotonicTime now);
        [[nodiscard]] bool has_room(std::size_t messages, const RateLimit& limit) const;
        [[nodiscard]] MonotonicTime first_end() const;
    };
    struct Chat {
        Window messages;
        Window edits;
        MonotonicTime paused_until{};
    };
    struct Look;  // of admit, at everybody who waits

    Number first_of(Line& line, Look& look);
    [[nodiscard]] bool may_go(const Sending& sending, Look& look);
    void let_go(Line& line, Number number);
    void count(const Sending& sending);
    void end_later(const Sending& sending, MonotonicTime answered);
    void forget_idle_chats(MonotonicTime now);

    bool limited_;
    Number last_ = 0;
    Line answers_;
    Line notices_;
    Line under_way_;
    int answers_in_a_row_ = 0;
    std::map<std::int64_t, Chat> chats_;
    Window messages_;
    Window edits_;
    MonotonicTime paused_until_{};
    std::int64_t quiet_chat_ = 0;  // the last one that was refused although it had been quiet
    MonotonicTime quiet_at_{};
};

}  // namespace tgstats
