#pragma once
// Owns every background coroutine: nothing is detached. cancel() asks all to stop, joined() says
// when all have.

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"

namespace hotreload {

class TaskGroup {
public:
    // `on_error` gets the name and the exception of a task that ended by one (cancellation does not
    // count).
    using OnError = std::function<void(const std::string& name, const std::exception_ptr& error)>;

    TaskGroup(asio::any_io_executor executor, OnError on_error);
    ~TaskGroup();  // must be empty by then; asserts in debug builds
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    // A running task; destroying the handle lets the task run on (the group still owns it).
    class Handle {
    public:
        void cancel()
            const;  // terminal cancellation: its pending co_await ends with operation_aborted
        [[nodiscard]] bool done() const;

    private:
        friend class TaskGroup;
        struct Entry;
        std::shared_ptr<Entry> entry_;
    };

    Handle spawn(std::string name, Task<void> task);
    void cancel();
    [[nodiscard]] std::size_t size() const;
    // Completes when no task is left (true) or at the deadline (false).
    Task<bool> joined(Millis deadline);

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
