#pragma once
// What became of all that was saved, plugin by plugin: the answer to "reload everything".

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "hotreload/event/event.h"
#include "hotreload/reload/status.h"

namespace tgstats {

// {"complete","failed","problems":["FILE:LINE: …"],
//  "plugins":[{"name","outcome","generation","live_ms","reason"}]}: those that the events tell of,
// and those whose last edit had failed before. `outcome` is live, failed, held or unloaded.
struct ReloadOutcome {
    bool complete = false;
    std::vector<hotreload::Event> events;
    std::vector<hotreload::PluginStatus> plugins;
    std::vector<std::string> problems;  // of the configuration files
};
boost::json::object reload_view(const ReloadOutcome& outcome);

}  // namespace tgstats
