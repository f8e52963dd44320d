#include "hotreload/reload/restart_budget.h"

#include <algorithm>

namespace hotreload {

bool RestartBudget::take(const Fingerprint& content, MonotonicTime now) {
    if (content_ != content) {
        content_ = content;
        tokens_ = restarts_max;
        last_ = now;
    }
    const std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min(restarts_max, tokens_ + passed.count() / refill_seconds);
    last_ = now;
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
}

}  // namespace hotreload
