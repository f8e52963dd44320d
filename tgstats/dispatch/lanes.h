#pragma once
// Keeps order where it is promised: whoever takes a place in a lane goes on when all who took one
// before have left. Loop thread only; places may outlive the lanes.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "hotreload/base/condition.h"

namespace tgstats {

using hotreload::Task;

class Lanes {
    struct Lane;
    struct State;

public:
    class Place {
    public:
        Place() = default;  // in no lane: nobody is before
        Place(Place&&) noexcept = default;
        Place& operator=(Place&& other) noexcept;
        ~Place() { leave(); }

        // Completes when this is the first one, or at the deadline.
        Task<void> first(hotreload::MonotonicTime deadline);
        // Completes when this is the first one, or when none has left for that long: those before
        // are overtaken then, and keep nobody waiting any more. Gives how many.
        Task<std::size_t> first_or_overtake(hotreload::Millis patience);
        void leave();  // again is nothing

    private:
        friend class Lanes;
        std::shared_ptr<State> state_;
        std::shared_ptr<Lane> lane_;
        std::uint64_t number_ = 0;
    };

    explicit Lanes(hotreload::asio::any_io_executor executor);

    [[nodiscard]] Place take(const std::string& lane);
    [[nodiscard]] std::size_t size() const;  // lanes with somebody in them

private:
    std::shared_ptr<State> state_;
};

}  // namespace tgstats
