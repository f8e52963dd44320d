#include "tgstats/app/last_resort.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "tgstats/app/exit_status.h"

namespace tgstats {
namespace {

constexpr std::array stop_signals{SIGINT, SIGTERM};
constexpr std::string_view last_words =
    "tgstats: the stop was cut off, since something hangs; what was left is taken up at the next "
    "start\n";

std::chrono::nanoseconds as_time(const timespec& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void handle(int number, void (*handler)(int), struct sigaction& before) {
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigfillset(&action.sa_mask);
    ::sigaction(number, &action, &before);
}

}  // namespace

LastResort* LastResort::current_ = nullptr;

LastResort::LastResort(Millis bound) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(bound);
    bound_.it_value.tv_sec = seconds.count();
    bound_.it_value.tv_nsec = std::chrono::nanoseconds(bound - seconds).count();
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0)
        throw std::system_error(errno, std::generic_category(), "a timer for the stop");
    current_ = this;
    handle(SIGALRM, &LastResort::end, before_alarm_);
    for (const int number : stop_signals)
        handle(number, &LastResort::begin, before_[static_cast<std::size_t>(number)]);
}

LastResort::~LastResort() {
    for (const int number : stop_signals)
        ::sigaction(number, &before_[static_cast<std::size_t>(number)], nullptr);
    ::timer_delete(timer_);
    ::sigaction(SIGALRM, &before_alarm_, nullptr);
    current_ = nullptr;
}

Millis LastResort::counted() const {
    if (!begun_) return Millis{0};
    itimerspec left{};
    ::timer_gettime(timer_, &left);
    const auto bound = as_time(bound_.it_value);
    return std::chrono::duration_cast<Millis>(bound - as_time(left.it_value));
}

// Only what a signal's handler may do.
void LastResort::begin(int number) {
    const int kept = errno;
    auto& self = *current_;
    if (!self.begun_.exchange(true)) ::timer_settime(self.timer_, 0, &self.bound_, nullptr);
    const auto& before = self.before_[static_cast<std::size_t>(number)];
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) before.sa_handler(number);
    errno = kept;
}

void LastResort::end(int) {
    const auto written = ::write(STDERR_FILENO, last_words.data(), last_words.size());
    static_cast<void>(written);
    ::_exit(exit_status::cut_off);
}

}  // namespace tgstats
