#include "hotreload/base/task_group.h"

#include <cassert>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "hotreload/base/condition.h"

namespace hotreload {

struct TaskGroup::Handle::Entry {
    explicit Entry(std::string its_name) : name(std::move(its_name)) {}
    void cancel() {
        if (!done) signal.emit(asio::cancellation_type::terminal);
    }

    std::string name;
    asio::cancellation_signal signal;
    bool done = false;
};

struct TaskGroup::State {
    using Entry = std::shared_ptr<Handle::Entry>;

    State(asio::any_io_executor its_executor, OnError its_on_error)
        : executor(its_executor),
          on_error(std::move(its_on_error)),
          empty(std::move(its_executor)) {}

    void finished(const Entry& entry, const std::exception_ptr& error) {
        entry->done = true;
        entries.erase(entry);
        if (error && on_error && !is_cancellation(error)) on_error(entry->name, error);
        if (entries.empty()) empty.notify_all();
    }

    static bool is_cancellation(const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const boost::system::system_error& system) {
            return system.code() == asio::error::operation_aborted;
        } catch (...) {
            return false;
        }
    }

    static Task<bool> joined(std::shared_ptr<State> self, MonotonicTime deadline) {
        while (!self->entries.empty()) {
            const bool notified = co_await self->empty.wait_until(deadline);
            if (!notified) break;
        }
        co_return self->entries.empty();
    }

    asio::any_io_executor executor;
    OnError on_error;
    std::unordered_set<Entry> entries;
    Condition empty;
};

void TaskGroup::Handle::cancel() const {
    if (const auto entry = entry_) entry->cancel();
}
bool TaskGroup::Handle::done() const { return !entry_ || entry_->done; }

TaskGroup::TaskGroup(asio::any_io_executor executor, OnError on_error)
    : state_(std::make_shared<State>(std::move(executor), std::move(on_error))) {}

TaskGroup::~TaskGroup() {
    assert(state_->entries.empty() && "a task group was destroyed before its tasks had ended");
}

TaskGroup::Handle TaskGroup::spawn(std::string name, Task<void> task) {
    Handle handle;
    handle.entry_ = std::make_shared<Handle::Entry>(std::move(name));
    state_->entries.insert(handle.entry_);
    auto finished = [state = state_, entry = handle.entry_](const std::exception_ptr& error) {
        state->finished(entry, error);
    };
    asio::co_spawn(state_->executor, std::move(task),
                   asio::bind_cancellation_slot(handle.entry_->signal.slot(), std::move(finished)));
    return handle;
}

void TaskGroup::cancel() {
    const std::vector<State::Entry> all(state_->entries.begin(), state_->entries.end());
    for (const auto& entry : all) entry->cancel();
}

std::size_t TaskGroup::size() const { return state_->entries.size(); }
Task<bool> TaskGroup::joined(Millis deadline) {
    return State::joined(state_, deadline_after(deadline));
}

}  // namespace hotreload
