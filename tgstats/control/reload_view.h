#pragma once
// What became of all that was saved, plugin by plugin: the answer to "reload everything".

#include <boost/json/object.hpp>

#include "hotreload/event/event.h"
#include "hotreload/reload/status.h"

namespace tgstats {

// {"complete","failed","plugins":[{"name","outcome","generation","live_ms","reason"}]}: those that
// the events tell of, and those whose last edit had failed before. `outcome` is live, failed, held
// or unloaded.
boost::json::object reload_view(bool complete, const std::vector<hotreload::Event>& events,
                                const std::vector<hotreload::PluginStatus>& plugins);

}  // namespace tgstats
