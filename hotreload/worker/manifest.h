#pragma once
// What workers say, turned into the model's values: the reply to `load`, and errors as failures.

#include <string>

#include <boost/json/value.hpp>

#include "hotreload/base/result.h"
#include "hotreload/event/event.h"
#include "hotreload/model/failure.h"
#include "hotreload/model/plugin.h"
#include "hotreload/rpc/message.h"

namespace hotreload {

// A field that is missing has its empty value; one of the wrong type is an error that names it.
Result<Manifest, std::string> parse_manifest(const json::value& reply);

// The params of a `files` notification; nothing of one that is not as it should be.
std::vector<LoadedFile> parse_files(const json::object& params);

// `data` of a plugin error gives reason, place and traceback; without a traceback the output is
// `stderr_tail`.
Failure failure_from(Stage stage, const RpcError& error, std::string stderr_tail);

// The params of a `log` notification as an event's level and fields, after {plugin, generation}.
// Values that are no plain words or numbers become JSON text; everything is bounded.
struct LogLine {
    Level level = Level::info;
    Fields fields;
};
LogLine parse_log(const json::object& params, Fields first);

}  // namespace hotreload
