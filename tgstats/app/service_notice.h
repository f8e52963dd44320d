#pragma once
// Tells the service manager how the program is: "ready", "stopping", a line of status, and signs of
// life for its watchdog. These are datagrams to the socket that systemd names in NOTIFY_SOCKET;
// where there is none, nothing is sent.

#include <string>
#include <string_view>

#include "hotreload/base/clock.h"
#include "hotreload/base/unique_fd.h"

namespace tgstats {

class ServiceNotice {
public:
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment:
    // they are meant for this process alone. Call before there are threads.
    static ServiceNotice from_environment();
    // From what the three hold. A watchdog that names another process is not this one's.
    static ServiceNotice from(std::string socket, const std::string& watchdog_usec,
                              const std::string& watchdog_pid);
    // `socket` is a path, or begins with '@' (an abstract name); empty: none.
    ServiceNotice(std::string socket, hotreload::Millis watchdog);

    [[nodiscard]] bool wanted() const { return fd_.valid(); }
    // How often alive() is expected at the latest; 0: never.
    [[nodiscard]] hotreload::Millis watchdog() const { return watchdog_; }

    void ready() const { send("READY=1"); }
    void stopping() const { send("STOPPING=1"); }
    void alive() const { send("WATCHDOG=1"); }
    void status(std::string_view line) const { send("STATUS=" + std::string(line)); }

private:
    void send(std::string_view assignment) const;

    std::string socket_;
    hotreload::Millis watchdog_;
    hotreload::UniqueFd fd_;
};

}  // namespace tgstats
