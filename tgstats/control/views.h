#pragma once
// The engine's status and events as the JSON of the HTTP API.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "hotreload/event/event_log.h"
#include "hotreload/history/history.h"
#include "hotreload/reload/status.h"

namespace tgstats {

namespace json = boost::json;

json::object view(const hotreload::PluginStatus& status);
json::array view(const std::vector<hotreload::PluginStatus>& all);
// {"plugin","generations":[…]}, newest first.
json::object history_view(const std::string& plugin,
                          const std::vector<hotreload::GenerationRecord>& records);
// {"events":[…],"last":SEQ,"gap":bool}
std::string events_page(const hotreload::EventLog::Page& page, std::uint64_t last);

}  // namespace tgstats
