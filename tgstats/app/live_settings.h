#pragma once
// The settings that may change while the bot runs: read anew each time they are asked for. A broken
// file leaves the last good ones in force, and the event settings_invalid says once what is wrong.

#include "hotreload/event/event_log.h"
#include "tgstats/app/settings.h"
#include "tgstats/notify/notifier.h"

namespace tgstats {

class LiveSettings {
public:
    LiveSettings(const Settings& settings, hotreload::EventLog& events);
    NotifySettings notify();
    std::vector<std::int64_t> admins();

private:
    void read();

    std::filesystem::path file_;
    hotreload::EventLog& events_;
    NotifySettings last_;
    std::vector<std::int64_t> admins_;
    std::string told_;
};

}  // namespace tgstats
