#pragma once
// The pieces of Outgoing: one call on its way, the calls of one event, the calls that wait for one
// chat. Inside this folder only.

#include "hotreload/base/unix_time.h"
#include "tgstats/dispatch/outgoing.h"

namespace tgstats {

struct Outgoing::Letter {
    enum class Stage {
        reserved,       // its transaction is under way
        ready,          // kept: it may go out
        dropped,        // it will not
        lost_sight_of,  // the last run ended while its request was under way
    };
    enum class End {
        refused,  // Telegram will never take it, or it is too late for it
        unknown,  // nobody knows whether it has
    };
    std::int64_t id = 0;
    BatchPtr batch;
    std::string plugin;
    std::string method;
    std::int64_t chat_id = 0;  // 0: its call names no chat by number
    std::int64_t line = 0;     // behind whom it goes out: a chat with a name has one of its own
    std::int64_t update_id = 0;
    std::int64_t created = 0;  // Unix seconds: for the store
    std::int64_t since = 0;    // the same by a clock that nobody sets
    std::optional<Effect> effect;
    bool begun = false;                  // noted as under way
    bool answer = false;                 // to a command: it goes before notices
    std::optional<SendGate::Pass> pass;  // the limits have let it through
    Stage stage = Stage::reserved;
    // What is left to be noted in the store, whatever keeps it from that: no second request.
    std::optional<json::value> result;  // Telegram has taken it
    std::optional<End> end;             // it goes out no more, and that has been told
    bool put_off = false;               // told: the store cannot be asked

    void make(std::int64_t at) {
        created = at;
        since = hotreload::boot_now() - (hotreload::unix_now() - at);
    }
    [[nodiscard]] Millis age() const { return std::chrono::seconds(hotreload::boot_now() - since); }
};

struct Outgoing::Batch {
    explicit Batch(asio::any_io_executor executor) : changed(std::move(executor)) {}

    std::int64_t number = 0;
    std::vector<LetterPtr> letters;  // until they are released
    std::size_t left = 0;
    bool well = true;
    bool given_up = false;  // one was refused: those after it do not go out
    hotreload::Condition changed;
};

struct Outgoing::Line {
    explicit Line(asio::any_io_executor executor) : changed(std::move(executor)) {}

    std::deque<LetterPtr> letters;
    std::size_t answers = 0;     // among them: with one of them the whole line is as urgent
    SendGate::Number asked = 0;  // while its first one waits for the limits
    hotreload::Condition changed;
};

}  // namespace tgstats
