#pragma once
// The sums behind the statistics: what each message and reaction adds to whom, kept for each local
// day and month and for all time, so that a question about a large chat reads few rows.

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tgstats/store/local_clock.h"
#include "tgstats/store/rows.h"
#include "tgstats/store/sqlite.h"

namespace tgstats {

struct Metrics {
    std::int64_t messages = 0;
    std::int64_t active_days = 0;
    std::int64_t characters = 0;
    std::int64_t urls = 0;
    std::int64_t media = 0;
    std::int64_t replies_sent = 0;
    std::int64_t replies_received = 0;
    std::int64_t reactions_given = 0;
    std::int64_t reactions_received = 0;
    std::int64_t first = 0;  // dates of messages; 0 without any
    std::int64_t last = 0;

    void add(const Metrics& other);
};

// What one message or reaction adds to one user.
struct Contribution {
    std::int64_t user_id = 0;
    Metrics metrics;
};

// A reaction as the sums see it: who gave it, and whose message got it.
struct CountedReaction {
    std::int64_t user_id = 0;
    std::int64_t author_id = 0;
    std::int64_t thread_id = 0;
    std::int64_t count = 1;
    std::int64_t date = 0;
};

// Since when, and where: `since` absent is all time; thread_id 0 is the whole chat.
struct Window {
    std::int64_t chat_id = 0;
    std::optional<std::int64_t> since;
    std::int64_t thread_id = 0;
};

class Rollups {
public:
    using IsBot = std::function<bool(std::int64_t user_id)>;
    using ByUser = std::unordered_map<std::int64_t, Metrics>;

    Rollups(Database& database, IsBot is_bot) : database_(&database), is_bot_(std::move(is_bot)) {}

    // `sign` -1 takes back what +1 added.
    void count_message(const MessageRow& message, const LocalClock& clock, int sign);
    void count_reaction(std::int64_t chat_id, const CountedReaction& reaction,
                        const LocalClock& clock, int sign);
    // Before a row is deleted whose counts are to stay: rebuild() begins with what this keeps.
    void keep_past_message(const MessageRow& message, const LocalClock& clock);
    void keep_past_reaction(std::int64_t chat_id, const CountedReaction& reaction,
                            const LocalClock& clock);
    // Counts a chat from its messages and reactions, and the past that was kept, anew.
    void rebuild(std::int64_t chat_id, const LocalClock& clock);

    // What one user has had is dropped, also the past; the rows of the window are counted anew.
    void recount_user(const Window& window, std::int64_t user_id, const LocalClock& clock);

    // Exact at the window's edge: the day that it cuts is counted from its messages.
    [[nodiscard]] ByUser users(const Window& window, const LocalClock& clock);
    struct HourCount {
        LocalTime at;
        std::int64_t messages = 0;
    };
    [[nodiscard]] std::vector<HourCount> hours(const Window& window, const LocalClock& clock);
    struct DayCount {
        std::int64_t day = 0;
        std::int64_t messages = 0;
        std::int64_t users = 0;
    };
    [[nodiscard]] std::vector<DayCount> days(const Window& window, const LocalClock& clock);

private:
    enum Span : int { span_all = 0, span_month = 1, span_day = 2 };
    struct Part;
    [[nodiscard]] std::vector<Contribution> contributions(const MessageRow& message) const;
    [[nodiscard]] std::vector<Contribution> contributions(const CountedReaction& reaction) const;
    void add(const Part& part, Metrics metrics);
    void add_to_spans(const Part& day, Metrics metrics, int sign);
    void add_hour(const Part& part, std::int64_t messages);
    bool became_active(const Part& part, std::int64_t messages);
    struct PastRow;
    void add_past(const PastRow& row);
    void each_past(std::int64_t chat_id, const std::function<void(const PastRow&)>& visit);
    void each_past_hour(std::int64_t chat_id,
                        const std::function<void(std::int64_t thread_id, LocalTime at,
                                                 std::int64_t messages)>& visit);
    void read_spans(const Window& window, std::int64_t from_day, ByUser& users);
    // The messages and reactions from `window.since` to `end`.
    void each_message(const Window& window, std::int64_t end,
                      const std::function<void(const MessageRow&)>& visit);
    void each_reaction(const Window& window, std::int64_t end,
                       const std::function<void(const CountedReaction&)>& visit);

    Database* database_;
    IsBot is_bot_;
};

}  // namespace tgstats
