#pragma once
// Fires what plugins want regularly: each schedule once when it is due, and only in the generation
// that serves then. When it last fired is kept in the plugin's state, in one transaction with what
// it did.

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "hotreload/base/condition.h"
#include "hotreload/base/task_group.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/engine_options.h"
#include "hotreload/schedule/schedule.h"

namespace hotreload {

class Scheduler {
public:
    struct Parts {
        asio::any_io_executor executor;
        const EngineOptions& options;
        EventLog& events;
        TaskGroup& tasks;
        std::function<Task<Result<json::value, RpcError>>(std::string plugin, Offer offer,
                                                          json::object event, Commit commit)>
            handle;
    };
    explicit Scheduler(Parts parts);

    // The table that is in force from now on.
    void set(const Routes& routes);
    Task<void> run();

private:
    using Key = std::pair<std::string, std::string>;  // plugin, schedule
    struct Entry {
        Schedule schedule;
        Timetable timetable;
        bool known = false;     // `last` has been read
        std::int64_t last = 0;  // Unix seconds
        bool firing = false;
    };

    Task<void> learn(Key key);
    Task<std::int64_t> last_fired(Key key, std::int64_t otherwise);
    Task<void> fire(Key key, std::int64_t due);
    Task<void> fire_and_mark(DueSchedule due);
    void report_failed(const Key& key, std::string reason);
    Task<Result<json::value, RpcError>> call(DueSchedule due);
    Task<Result<void, StateError>> keep(DueSchedule due, Handled handled);
    void fire_what_is_due();
    [[nodiscard]] MonotonicTime next_look() const;

    Parts parts_;
    std::map<Key, Entry> entries_;
    Condition change_;
};

}  // namespace hotreload
