#include "tgstats/dispatch/lanes.h"

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

void Lanes::Place::leave() {
    const auto state = std::exchange(state_, nullptr);
    const auto lane = std::exchange(lane_, nullptr);
    if (!lane) return;
    lane->waiting.erase(number_);
    if (lane->waiting.empty()) state->lanes.erase(lane->name);
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
