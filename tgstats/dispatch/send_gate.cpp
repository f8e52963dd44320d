#include "tgstats/dispatch/send_gate.h"

#include <map>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "hotreload/base/condition.h"

namespace tgstats {

using hotreload::Condition;
using hotreload::monotonic_now;

namespace {

struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : changed(executor) {}

    Condition changed;
    bool admitted = false;
};

}  // namespace

struct SendGate::Core : std::enable_shared_from_this<Core> {
    Core(asio::any_io_executor its_executor, bool limited)
        : executor(std::move(its_executor)), rate(limited), timer(executor) {}

    // Lets through whoever may go now, and comes back when the next one may.
    void pump() {
        for (;;) {
            const auto admission = rate.admit(monotonic_now());
            if (admission.number == 0) {
                come_back(admission.again);
                return;
            }
            const auto waiter = waiters.at(admission.number);
            waiter->admitted = true;
            waiter->changed.notify_all();
        }
    }

    void come_back(MonotonicTime at) {
        if (at == coming_back) return;
        coming_back = at;
        timer.expires_at(at);  // ends the wait before
        if (at == MonotonicTime::max()) return;
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto core = weak.lock();
            if (error || !core) return;
            core->coming_back = MonotonicTime::max();
            core->pump();
        });
    }

    Number ask(const Sending& sending, bool answer) {
        const auto number = rate.ask(sending, answer);
        waiters.emplace(number, std::make_shared<Waiter>(executor));
        pump();
        return number;
    }

    void answered(Number number) {
        rate.answered(number, monotonic_now());
        pump();
    }

    // Nobody waits for this number any more.
    void leave(Number number) {
        const auto found = waiters.find(number);
        const bool admitted = found->second->admitted;
        waiters.erase(found);
        if (admitted) return answered(number);
        rate.withdraw(number);
        pump();
    }

    asio::any_io_executor executor;
    SendRate rate;
    std::map<Number, std::shared_ptr<Waiter>> waiters;
    asio::steady_timer timer;
    MonotonicTime coming_back = MonotonicTime::max();
};

SendGate::Pass::Pass(std::shared_ptr<Core> core, Number number)
    : core_(std::move(core)), number_(number) {}

SendGate::Pass::Pass(Pass&& other) noexcept
    : core_(std::move(other.core_)), number_(std::exchange(other.number_, 0)) {}

SendGate::Pass& SendGate::Pass::operator=(Pass&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(number_, other.number_);
    return *this;
}

SendGate::Pass::~Pass() {
    if (core_) core_->answered(number_);
}

void SendGate::Pass::refused(Millis retry_after) {
    core_->rate.refused(number_, monotonic_now(), retry_after);
}

SendGate::SendGate(asio::any_io_executor executor, bool limited)
    : core_(std::make_shared<Core>(std::move(executor), limited)) {}

SendGate::~SendGate() = default;

void SendGate::remember(const Sending& sending, MonotonicTime at) {
    core_->rate.remember(sending, at);
}

SendGate::Number SendGate::ask(const Sending& sending, bool answer) {
    return core_->ask(sending, answer);
}

std::optional<SendGate::Pass> SendGate::try_pass(const Sending& sending, bool answer) {
    const auto number = core_->ask(sending, answer);
    if (core_->waiters.at(number)->admitted) {
        core_->waiters.erase(number);
        return Pass(core_, number);
    }
    core_->leave(number);
    return std::nullopt;
}

Task<std::optional<SendGate::Pass>> SendGate::wait(Number number, MonotonicTime deadline) {
    // Whoever is cancelled here gives its place back.
    struct Place {
        ~Place() {
            if (number != 0) core->leave(number);
        }
        std::shared_ptr<Core> core;
        Number number;
    };
    Place place{core_, number};
    const auto waiter = core_->waiters.at(number);
    while (!waiter->admitted) {
        const bool told = co_await waiter->changed.wait_until(deadline);
        if (!told && !waiter->admitted) co_return std::nullopt;
    }
    core_->waiters.erase(number);
    place.number = 0;
    co_return Pass(place.core, number);
}

void SendGate::hurry(Number number) {
    core_->rate.hurry(number);
    core_->pump();
}

std::size_t SendGate::waiting() const { return core_->rate.waiting(); }

}  // namespace tgstats
