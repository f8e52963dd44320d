#include "tgstats/dispatch/serving.h"

namespace tgstats {

std::uint64_t Serving::number(const std::string& plugin) const {
    const auto serving = engine_.routes()->serving(plugin);
    return serving && !serving->dead() ? serving->number() : 0;
}

hotreload::Task<std::uint64_t> Serving::wait(std::string plugin, std::uint64_t failed) {
    const auto patience = hotreload::monotonic_now() + generation_wait;
    for (;;) {
        const auto now_serving = number(plugin);
        const bool other = now_serving != failed || hotreload::monotonic_now() >= patience;
        if (now_serving != 0 && other) co_return now_serving;
        const auto until = now_serving != 0 ? patience : hotreload::MonotonicTime::max();
        const bool told = co_await changed_.wait_until(until);
        static_cast<void>(told);
    }
}

}  // namespace tgstats
