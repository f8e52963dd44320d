#include "hotreload/reload/scheduler.h"

#include <algorithm>
#include <vector>

#include "hotreload/base/unix_time.h"
#include "hotreload/rpc/message.h"

namespace hotreload {
namespace {

constexpr std::int64_t look_seconds_max = 60;  // the wall clock may be set meanwhile
constexpr std::int64_t late_seconds = 60;      // later than this it was missed, not delayed

std::string mark_key(const std::string& schedule) {
    return std::string(1, state_reserved_prefix) + "schedule." + schedule;
}

bool is_cancelled(const std::exception& error) {
    const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
    return system != nullptr && system->code() == asio::error::operation_aborted;
}

}  // namespace

Scheduler::Scheduler(Parts parts) : parts_(std::move(parts)), change_(parts_.executor) {}

void Scheduler::set(const Routes& routes) {
    std::map<Key, Entry> next;
    for (const auto& generation : routes.serving()) {
        for (const auto& schedule : generation->manifest().schedules) {
            const Key key{generation->plugin(), schedule.name};
            const auto before = entries_.find(key);
            if (before != entries_.end() && before->second.schedule == schedule) {
                next.insert(*before);
                continue;
            }
            auto timetable = Timetable::make(schedule);
            if (!timetable) continue;  // such a generation is not published
            Entry fresh{.schedule = schedule, .timetable = *timetable};
            // What has begun under the old timetable is this one's last time, once it has ended.
            fresh.firing = before != entries_.end() && before->second.firing;
            next.emplace(key, std::move(fresh));
        }
    }
    entries_ = std::move(next);
    for (const auto& [key, entry] : entries_)
        if (!entry.known && !entry.firing)
            parts_.tasks.spawn("schedule " + key.first + "." + key.second, learn(key));
    change_.notify_all();
}

// A schedule that was never seen before counts from now on, also over restarts.
Task<void> Scheduler::learn(Key key) {
    auto last = unix_now();
    try {
        last = co_await last_fired(key, last);
    } catch (const std::exception& error) {
        if (is_cancelled(error)) throw;
        report_failed(key, error.what());
    }
    const auto entry = entries_.find(key);
    if (entry == entries_.end() || entry->second.known) co_return;
    entry->second.last = last;
    entry->second.known = true;
    change_.notify_all();
}

Task<std::int64_t> Scheduler::last_fired(Key key, std::int64_t otherwise) {
    auto* state = parts_.options.state;
    if (state == nullptr) co_return otherwise;
    const auto mark = mark_key(key.second);
    const auto kept = co_await state->get(key.first, mark);
    if (kept && *kept && (*kept)->is_int64()) co_return (*kept)->get_int64();
    StateChanges first{{mark, json::value(otherwise)}};
    const auto marked = co_await state->commit(key.first, std::move(first));
    static_cast<void>(marked);
    co_return otherwise;
}

Task<void> Scheduler::run() {
    for (;;) {
        fire_what_is_due();
        const bool told = co_await change_.wait_until(next_look());
        static_cast<void>(told);
    }
}

MonotonicTime Scheduler::next_look() const {
    if (entries_.empty()) return MonotonicTime::max();
    const auto now = unix_now();
    auto soonest = now + look_seconds_max;
    for (const auto& [key, entry] : entries_) {
        if (!entry.known || entry.firing) continue;
        if (const auto next = entry.timetable.next(entry.last, now))
            soonest = std::min(soonest, *next);
    }
    // Whole seconds: what is due in the second that runs is due at its end.
    return monotonic_now() + std::chrono::seconds(std::max<std::int64_t>(soonest - now, 1));
}

void Scheduler::fire_what_is_due() {
    const auto now = unix_now();
    for (auto& [key, entry] : entries_) {
        if (!entry.known || entry.firing) continue;
        if (entry.timetable.too_far_ahead(entry.last, now)) entry.last = now;
        const auto next = entry.timetable.next(entry.last, now);
        if (!next || *next > now) continue;
        entry.firing = true;
        parts_.tasks.spawn("schedule " + key.first + "." + key.second, fire(key, *next));
    }
}

// However it ends, it comes again when it is due next.
Task<void> Scheduler::fire(Key key, std::int64_t due) {
    DueSchedule what{.plugin = key.first, .name = key.second, .due = due};
    try {
        co_await fire_and_mark(std::move(what));
    } catch (const std::exception& error) {
        if (is_cancelled(error)) throw;
        report_failed(key, error.what());
    }
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) co_return;
    const auto now = unix_now();
    // What was missed while nobody was there is made up for once, not as often as it was missed.
    entry->second.last = now - due > late_seconds ? now : due;
    entry->second.known = true;
    entry->second.firing = false;
    change_.notify_all();
}

Task<void> Scheduler::fire_and_mark(DueSchedule due) {
    auto outcome = co_await call(due);
    // Its worker died under it: whoever serves then does it, once more.
    if (outcome.has_error() && outcome.error().code == rpc_code::disconnected)
        outcome = co_await call(due);
    if (!outcome.has_error()) co_return;
    report_failed({due.plugin, due.name}, outcome.error().message);
    Handled nothing{.plugin = due.plugin};
    const auto marked = co_await keep(due, std::move(nothing));
    static_cast<void>(marked);
}

void Scheduler::report_failed(const Key& key, std::string reason) {
    parts_.events.emit(
        EventType::plugin_schedule_failed,
        {{"plugin", key.first}, {"schedule", key.second}, {"reason", std::move(reason)}});
}

Task<Result<json::value, RpcError>> Scheduler::call(DueSchedule due) {
    json::object event{{"schedule", due.name}, {"due", due.due}};
    if (parts_.options.schedule_event) event = co_await parts_.options.schedule_event(due);
    Commit commit = [this, due](Handled handled) { return keep(due, std::move(handled)); };
    Offer offer{.kind = "schedule", .name = due.name, .description = {}};
    co_return co_await parts_.handle(due.plugin, std::move(offer), std::move(event),
                                     std::move(commit));
}

Task<Result<void, StateError>> Scheduler::keep(DueSchedule due, Handled handled) {
    const auto now = unix_now();
    handled.changes[mark_key(due.name)] = json::value(now - due.due > late_seconds ? now : due.due);
    const bool did_something = handled.generation != 0;
    if (did_something && parts_.options.schedule_commit)
        co_return co_await parts_.options.schedule_commit(std::move(due), std::move(handled));
    if (parts_.options.state == nullptr) co_return Result<void, StateError>();
    co_return co_await parts_.options.state->commit(std::move(handled.plugin),
                                                    std::move(handled.changes));
}

}  // namespace hotreload
