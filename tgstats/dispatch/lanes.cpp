#include "tgstats/dispatch/lanes.h"

#include <iterator>
#include <utility>

namespace tgstats {

struct Lanes::Lane {
    Lane(hotreload::asio::any_io_executor executor, std::string its_name)
        : name(std::move(its_name)), moved(std::move(executor)) {}

    std::string name;
    std::set<std::uint64_t> waiting;
    hotreload::Condition moved;
};

struct Lanes::State {
    hotreload::asio::any_io_executor executor;
    std::map<std::string, std::shared_ptr<Lane>> lanes;
    std::uint64_t last_number = 0;
};

Lanes::Place& Lanes::Place::operator=(Place&& other) noexcept {
    if (this == &other) return *this;
    leave();
    state_ = std::move(other.state_);
    lane_ = std::move(other.lane_);
    number_ = other.number_;
    return *this;
}

Task<void> Lanes::Place::first(hotreload::MonotonicTime deadline) {
    const auto lane = lane_;
    const auto number = number_;
    bool in_time = true;
    while (lane && in_time && !lane->waiting.empty() && *lane->waiting.begin() < number)
        in_time = co_await lane->moved.wait_until(deadline);
}

Task<std::size_t> Lanes::Place::first_or_overtake(hotreload::Millis patience) {
    const auto lane = lane_;
    const auto number = number_;
    std::size_t overtaken = 0;
    while (lane && !lane->waiting.empty() && *lane->waiting.begin() < number) {
        const bool moved = co_await lane->moved.wait_until(hotreload::deadline_after(patience));
        if (moved) continue;
        const auto own = lane->waiting.lower_bound(number);
        overtaken += static_cast<std::size_t>(std::distance(lane->waiting.begin(), own));
        lane->waiting.erase(lane->waiting.begin(), own);
        lane->moved.notify_all();
    }
    co_return overtaken;
}

void Lanes::Place::leave() {
    const auto state = std::exchange(state_, nullptr);
    const auto lane = std::exchange(lane_, nullptr);
    if (!lane) return;
    lane->waiting.erase(number_);
    const auto known = state->lanes.find(lane->name);
    // Whoever was overtaken may leave when the others are gone and a new lane has that name.
    const bool is_it = known != state->lanes.end() && known->second == lane;
    if (is_it && lane->waiting.empty()) state->lanes.erase(known);
    lane->moved.notify_all();
}

Lanes::Lanes(hotreload::asio::any_io_executor executor)
    : state_(std::make_shared<State>(State{std::move(executor), {}, 0})) {}

Lanes::Place Lanes::take(const std::string& lane) {
    auto& known = state_->lanes[lane];
    if (!known) known = std::make_shared<Lane>(state_->executor, lane);
    Place place;
    place.state_ = state_;
    place.lane_ = known;
    place.number_ = ++state_->last_number;
    known->waiting.insert(place.number_);
    return place;
}

std::size_t Lanes::size() const { return state_->lanes.size(); }

}  // namespace tgstats
