#include "tgstats/playground/update_queue.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

namespace tgstats::playground {

namespace {

constexpr const char* polled_twice =
    "terminated by other getUpdates request; make sure that only one bot instance is running";
constexpr const char* webhook_is_set =
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook "
    "first";

}  // namespace

bool UpdateQueue::wanted(std::string_view kind) const {
    if (!allowed_.empty())
        return std::find(allowed_.begin(), allowed_.end(), kind) != allowed_.end();
    return kind != "chat_member" && kind != "message_reaction" && kind != "message_reaction_count";
}

std::optional<std::int64_t> UpdateQueue::push(std::string_view kind, json::value payload) {
    if (!wanted(kind)) return std::nullopt;
    const auto id = next_id_++;
    json::object update{{"update_id", id}};
    update[kind] = std::move(payload);
    updates_.push_back({id, json::serialize(update)});
    if (updates_.size() > updates_max) updates_.pop_front();
    changed_.notify_all();
    return id;
}

void UpdateQueue::confirm(std::int64_t id) { confirm_before(id + 1); }

// A negative offset counts from the end, and forgets all before it.
void UpdateQueue::confirm_before(std::int64_t offset) {
    if (offset < 0) {
        const auto keep = std::size_t{0} - static_cast<std::size_t>(offset);
        while (updates_.size() > keep) updates_.pop_front();
        return;
    }
    while (!updates_.empty() && updates_.front().id < offset) updates_.pop_front();
}

std::string UpdateQueue::print(std::size_t limit) const {
    std::string text = "[";
    for (std::size_t i = 0; i < std::min(limit, updates_.size()); ++i) {
        if (i > 0) text += ",";
        text += updates_[i].text;
    }
    return text + "]";
}

Task<Outcome<std::string>> UpdateQueue::poll(PollRequest request) {
    if (webhook_active_) co_return conflict(webhook_is_set);
    const auto number = ++poll_number_;
    changed_.notify_all();  // the older poll, if one waits
    confirm_before(request.offset);
    const auto timeout_s = std::clamp<std::int64_t>(request.timeout_s, 0, poll_timeout_s_max);
    const auto deadline = hotreload::monotonic_now() + std::chrono::seconds(timeout_s);
    bool in_time = timeout_s > 0;
    while (updates_.empty() && in_time && !closed_) {
        in_time = co_await changed_.wait_until(deadline);
        if (webhook_active_) co_return conflict("terminated by setWebhook request");
        if (number != poll_number_) co_return conflict(polled_twice);
    }
    const auto limit = std::clamp<std::int64_t>(request.limit, 1, poll_limit_max);
    co_return print(static_cast<std::size_t>(limit));
}

void UpdateQueue::set_webhook_active(bool active) {
    webhook_active_ = active;
    changed_.notify_all();
}

std::optional<UpdateQueue::Update> UpdateQueue::front() const {
    if (updates_.empty()) return std::nullopt;
    return updates_.front();
}

void UpdateQueue::clear() { updates_.clear(); }

void UpdateQueue::close() {
    closed_ = true;
    changed_.notify_all();
}

}  // namespace tgstats::playground
