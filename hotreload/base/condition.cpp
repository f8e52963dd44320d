#include "hotreload/base/condition.h"

#include <algorithm>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

namespace hotreload {

struct Condition::Core {
    // Each waiter has a timer of its own, because each has a deadline of its own.
    struct Waiter {
        Waiter(std::shared_ptr<Core> its_core, MonotonicTime deadline)
            : core(std::move(its_core)), timer(core->executor, deadline) {
            core->waiters.push_back(this);
        }
        ~Waiter() { std::erase(core->waiters, this); }
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;

        std::shared_ptr<Core> core;
        asio::steady_timer timer;
        bool notified = false;
    };

    static Task<bool> wait(std::shared_ptr<Core> core, MonotonicTime deadline) {
        Waiter waiter(std::move(core), deadline);
        const auto [error] = co_await waiter.timer.async_wait(as_values);
        if (waiter.notified) co_return true;
        if (error) throw boost::system::system_error(error);
        co_return false;
    }

    asio::any_io_executor executor;
    std::vector<Waiter*> waiters;
};

Condition::Condition(asio::any_io_executor executor)
    : core_(std::make_shared<Core>(Core{std::move(executor), {}})) {}

Condition::~Condition() { notify_all(); }

void Condition::notify_all() {
    for (auto* waiter : core_->waiters) {
        waiter->notified = true;
        waiter->timer.cancel();
    }
}

Task<bool> Condition::wait_until(MonotonicTime deadline) { return Core::wait(core_, deadline); }

}  // namespace hotreload
