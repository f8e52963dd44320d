#include "tgstats/app/live_settings.h"

#include <utility>

namespace tgstats {
namespace {

NotifySettings notify_settings(const Settings& settings) {
    NotifySettings notify;
    notify.mode = settings.notify == "none"       ? NotifyMode::none
                  : settings.notify == "failures" ? NotifyMode::failures
                                                  : NotifyMode::all;
    notify.chats = settings.admins;
    if (settings.notify_chat != 0) notify.chats = {settings.notify_chat};
    return notify;
}

}  // namespace

LiveSettings::LiveSettings(const Settings& settings, hotreload::EventLog& events)
    : file_(settings.file),
      events_(events),
      last_(notify_settings(settings)),
      admins_(settings.admins) {}

NotifySettings LiveSettings::notify() {
    read();
    return last_;
}

std::vector<std::int64_t> LiveSettings::admins() {
    read();
    return admins_;
}

void LiveSettings::read() {
    const auto read = read_settings(file_);
    if (read.has_value()) {
        told_.clear();
        last_ = notify_settings(*read);
        admins_ = read->admins;
    } else if (std::exchange(told_, read.error()) != read.error()) {
        events_.emit_host("settings_invalid", hotreload::Level::error, {{"reason", read.error()}});
    }
}

}  // namespace tgstats
