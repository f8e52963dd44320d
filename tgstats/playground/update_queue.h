#pragma once
// The updates one bot has not confirmed yet, and its getUpdates: a true long poll of which only the
// newest lives.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "hotreload/base/condition.h"
#include "tgstats/playground/api_error.h"

namespace tgstats::playground {

using hotreload::Task;

inline constexpr std::size_t updates_max = 100'000;  // beyond it the oldest are dropped
inline constexpr std::int64_t poll_limit_max = 100;
inline constexpr std::int64_t poll_timeout_s_max = 50;

struct PollRequest {
    std::int64_t offset = 0;
    std::int64_t limit = poll_limit_max;
    std::int64_t timeout_s = 0;
};

class UpdateQueue {
public:
    struct Update {
        std::int64_t id = 0;
        std::string text;  // JSON
    };

    UpdateQueue(hotreload::asio::any_io_executor executor, std::int64_t first_id)
        : next_id_(first_id), changed_(std::move(executor)) {}

    // nullopt when the bot does not want this kind ("message", "message_reaction", …).
    std::optional<std::int64_t> push(std::string_view kind, json::value payload);
    // A JSON array of updates. Confirms what is before `offset`; ends an older poll that still
    // waits.
    Task<Outcome<std::string>> poll(PollRequest request);

    // Empty: every kind but chat_member, message_reaction and message_reaction_count.
    void allow(std::vector<std::string> kinds) { allowed_ = std::move(kinds); }
    [[nodiscard]] const std::vector<std::string>& allowed() const { return allowed_; }

    // While a webhook takes the updates, poll() is a conflict.
    void set_webhook_active(bool active);
    [[nodiscard]] std::optional<Update> front() const;
    void confirm(std::int64_t id);  // this one and all before it
    void clear();
    [[nodiscard]] std::size_t pending() const { return updates_.size(); }
    hotreload::Condition& changed() { return changed_; }
    // Wakes waiting polls; they and later ones end at once.
    void close();

private:
    [[nodiscard]] bool wanted(std::string_view kind) const;
    void confirm_before(std::int64_t offset);
    [[nodiscard]] std::string print(std::size_t limit) const;

    std::deque<Update> updates_;
    std::int64_t next_id_;
    std::vector<std::string> allowed_;
    std::uint64_t poll_number_ = 0;
    bool webhook_active_ = false;
    bool closed_ = false;
    hotreload::Condition changed_;
};

}  // namespace tgstats::playground
