#pragma once
// The one place where events are numbered, kept and handed on. Loop thread only.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/event/event.h"

namespace hotreload {

class EventLog {
public:
    using Sink = std::function<void(const Event&)>;

    explicit EventLog(asio::any_io_executor executor, std::size_t ring_max = 4096);
    ~EventLog();

    void add_sink(Sink sink);  // called within emit, in order of addition; must not throw
    void emit(EventType type, Fields fields);
    void emit(EventType type, Level level, Fields fields);
    // An event of the embedding program's own: {event: name, …fields}.
    void emit_host(std::string name, Level level, Fields fields);

    [[nodiscard]] std::uint64_t last_seq() const;

    struct Page {
        bool gap = false;  // events between `seq` and the first one here are no longer kept (or
                           // `seq` is of an earlier run)
        std::vector<Event> events;
    };
    [[nodiscard]] Page after(std::uint64_t seq, std::size_t limit) const;
    // Waits until `after(seq)` has something to give; false at the deadline.
    Task<bool> wait_after(std::uint64_t seq, Millis deadline);

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with whoever waits
};

// Appends JSON lines to a file, rotated at `bytes_max` keeping `files_max` old ones. Throws
// std::runtime_error with a clear line when the file cannot be opened.
EventLog::Sink json_file_sink(const std::string& path, std::size_t bytes_max,
                              std::size_t files_max);
EventLog::Sink console_sink(Level least);

}  // namespace hotreload
