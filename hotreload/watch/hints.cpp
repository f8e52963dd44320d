#include "hotreload/watch/hints.h"

#include <utility>

namespace hotreload {

void Hints::begin(MonotonicTime noticed) {
    if (!std::exchange(pending_, true)) noticed_ = noticed;
}

void Hints::add(const std::string& path, MonotonicTime noticed) {
    begin(noticed);
    if (everything_) return;
    paths_.insert(path);
    if (paths_.size() > hint_paths_max) add_everything(noticed);
}

void Hints::add_everything(MonotonicTime noticed) {
    begin(noticed);
    everything_ = true;
    paths_.clear();
}

void Hints::add_overflow(MonotonicTime noticed) {
    overflow_ = true;
    add_everything(noticed);
}

WatchHint Hints::take() {
    WatchHint hint{
        .paths = {paths_.begin(), paths_.end()}, .overflow = overflow_, .noticed = noticed_};
    *this = {};
    return hint;
}

}  // namespace hotreload
