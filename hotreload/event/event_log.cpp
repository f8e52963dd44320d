#include "hotreload/event/event_log.h"

#include <algorithm>
#include <utility>

#include "hotreload/base/condition.h"

namespace hotreload {

struct EventLog::State {
    State(asio::any_io_executor executor, std::size_t its_ring_max)
        : arrived(std::move(executor)), ring_max(std::max<std::size_t>(its_ring_max, 1)) {}

    [[nodiscard]] std::uint64_t first_seq() const { return last_seq - ring.size() + 1; }
    // A reader that is ahead of us read an earlier run's events, and starts again.
    [[nodiscard]] bool ahead(std::uint64_t seq) const { return seq > last_seq && last_seq > 0; }

    void keep(Event event) {
        event.seq = ++last_seq;
        event.time = std::chrono::system_clock::now();
        ring.push_back(std::move(event));
        if (ring.size() > ring_max) ring.pop_front();
    }

    // A sink that itself emits must not be overtaken: every sink sees every event in the order of
    // its number.
    void deliver(const Event& event) {
        undelivered.push_back(event);
        if (std::exchange(delivering, true)) return;
        while (!undelivered.empty()) {
            const auto next = std::move(undelivered.front());
            undelivered.pop_front();
            for (std::size_t i = 0; i < sinks.size(); ++i) sinks[i](next);
        }
        delivering = false;
        arrived.notify_all();
    }

    static Task<bool> wait_after(std::shared_ptr<State> self, std::uint64_t seq,
                                 MonotonicTime deadline) {
        while (!self->closed && self->last_seq <= seq && !self->ahead(seq)) {
            const bool notified = co_await self->arrived.wait_until(deadline);
            if (!notified) break;
        }
        co_return self->last_seq > seq || self->ahead(seq);
    }

    Condition arrived;
    std::size_t ring_max;
    std::uint64_t last_seq = 0;
    std::deque<Event> ring;
    std::deque<Event> undelivered;
    std::deque<Sink> sinks;  // a deque: a sink may add another one while it runs
    bool delivering = false;
    bool closed = false;
};

EventLog::EventLog(asio::any_io_executor executor, std::size_t ring_max)
    : state_(std::make_shared<State>(std::move(executor), ring_max)) {}

EventLog::~EventLog() {
    state_->closed = true;
    state_->arrived.notify_all();
}

void EventLog::add_sink(Sink sink) { state_->sinks.push_back(std::move(sink)); }

void EventLog::emit(EventType type, Fields fields) {
    emit(type, default_level(type), std::move(fields));
}

void EventLog::emit(EventType type, Level level, Fields fields) {
    state_->keep(Event{.level = level, .type = type, .fields = std::move(fields)});
    state_->deliver(state_->ring.back());
}

void EventLog::emit_host(std::string name, Level level, Fields fields) {
    fields.insert(fields.begin(), Field{"event", std::move(name)});
    emit(EventType::host, level, std::move(fields));
}

std::uint64_t EventLog::last_seq() const { return state_->last_seq; }

EventLog::Page EventLog::after(std::uint64_t seq, std::size_t limit) const {
    Page page;
    const auto& ring = state_->ring;
    if (ring.empty() || seq == state_->last_seq) return page;
    const auto first = state_->first_seq();
    page.gap = seq + 1 < first || state_->ahead(seq);
    const auto skipped = page.gap ? 0 : static_cast<std::size_t>(seq + 1 - first);
    const auto count = std::min(limit, ring.size() - skipped);
    const auto begin = ring.begin() + static_cast<std::ptrdiff_t>(skipped);
    page.events.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    return page;
}

Task<bool> EventLog::wait_after(std::uint64_t seq, Millis deadline) {
    return State::wait_after(state_, seq, deadline_after(deadline));
}

}  // namespace hotreload
