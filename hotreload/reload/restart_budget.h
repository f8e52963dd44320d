#pragma once
// How often a crashing plugin is started again: a few times at once, then no more than a slow
// trickle. Keyed by content: new content is a new budget.

#include <optional>

#include "hotreload/base/clock.h"
#include "hotreload/model/plugin.h"

namespace hotreload {

class RestartBudget {
public:
    static constexpr double restarts_max = 3.0;
    static constexpr double refill_seconds = 60.0;  // one restart is given back in this time

    // True when one more restart of this content is allowed now; takes it.
    bool take(const Fingerprint& content, MonotonicTime now);
    [[nodiscard]] double left() const { return tokens_; }

private:
    std::optional<Fingerprint> content_;
    double tokens_ = restarts_max;
    MonotonicTime last_{};
};

}  // namespace hotreload
