#pragma once
// What has been noticed and not been told yet, merged into one hint.

#include <set>
#include <string>

#include "hotreload/watch/watcher.h"

namespace hotreload {

class Hints {
public:
    void add(const std::string& path, MonotonicTime noticed);
    void add_everything(MonotonicTime noticed);
    void add_overflow(MonotonicTime noticed);
    [[nodiscard]] bool pending() const { return pending_; }
    WatchHint take();

private:
    void begin(MonotonicTime noticed);

    bool pending_ = false;
    bool everything_ = false;
    bool overflow_ = false;
    std::set<std::string> paths_;
    MonotonicTime noticed_{};
};

}  // namespace hotreload
