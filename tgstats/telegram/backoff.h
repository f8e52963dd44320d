#pragma once
// Pauses between attempts: each twice as long as the one before, up to a bound; a random half of
// each keeps many bots from coming back at the same moment.

#include <algorithm>
#include <random>

#include "hotreload/base/clock.h"

namespace tgstats {

class Backoff {
public:
    Backoff(hotreload::Millis first, hotreload::Millis most) : first_(first), most_(most) {}

    hotreload::Millis next() {
        const auto full = std::min(first_ * (1 << std::min(attempts_, doublings_max)), most_);
        ++attempts_;
        std::uniform_int_distribution<hotreload::Millis::rep> half(full.count() / 2, full.count());
        return hotreload::Millis(half(random_));
    }
    void reset() { attempts_ = 0; }

private:
    static constexpr int doublings_max = 10;

    hotreload::Millis first_;
    hotreload::Millis most_;
    int attempts_ = 0;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace tgstats
