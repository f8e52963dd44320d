#pragma once
// Ends the program for good when a stop does not end: the kernel counts from SIGINT or SIGTERM on,
// whatever the loop, the store's thread or the disk do meanwhile. What is cut off is as if it had
// been killed (-9), which loses nothing; a line on stderr tells, and exit_status::cut_off.

#include <sys/types.h>

#include <array>
#include <atomic>
#include <csignal>
#include <ctime>

#include "hotreload/base/clock.h"

namespace tgstats {

using hotreload::Millis;

class LastResort {
public:
    // From now on the first of these signals begins the count; who handled them handles them still.
    // One at a time in a program. Throws std::system_error where the kernel gives no timer.
    explicit LastResort(Millis bound);
    ~LastResort();
    LastResort(const LastResort&) = delete;
    LastResort& operator=(const LastResort&) = delete;

    // Since the signal came; 0 before.
    [[nodiscard]] Millis counted() const;

private:
    static void begin(int number);
    static void end(int number);

    static LastResort* current_;  // for the handler, which is given nothing

    std::array<struct sigaction, NSIG> before_{};
    struct sigaction before_alarm_{};
    timer_t timer_{};
    itimerspec bound_{};
    std::atomic<bool> begun_ = false;  // no lock behind it: a handler may use it
};

}  // namespace tgstats
