#include "hotreload/reload/transaction.h"

#include <algorithm>

namespace hotreload {

Transaction::Transaction(asio::any_io_executor executor, std::vector<std::string> plugins)
    : plugins_(std::move(plugins)), change_(std::move(executor)) {}

Task<Transaction::Verdict> Transaction::ready(Member member) {
    if (fallen_) co_return Verdict::fallen;
    ready_.push_back(std::move(member));
    if (ready_.size() == plugins_.size()) co_return Verdict::publish;
    // No deadline of its own: each stage of the others has one.
    while (!fallen_ && !published_) {
        const bool told = co_await change_.wait_until(MonotonicTime::max());
        static_cast<void>(told);
    }
    co_return published_ ? Verdict::published : Verdict::fallen;
}

void Transaction::fall_out(FallenOut who) {
    if (fallen_ || published_) return;
    fallen_ = std::move(who);
    change_.notify_all();
}

void Transaction::published() {
    published_ = true;
    change_.notify_all();
}

const Transaction::Member& Transaction::member(const std::string& plugin) const {
    return *std::ranges::find_if(
        ready_, [&](const Member& each) { return each.generation->plugin() == plugin; });
}

}  // namespace hotreload
