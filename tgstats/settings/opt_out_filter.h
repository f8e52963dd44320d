#pragma once
// What of an update may be stored where people have opted out. On the store's thread.

#include <functional>
#include <optional>

#include "tgstats/store/privacy.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

// The update is of somebody who does not want to be counted: only that it came is recorded.
bool of_somebody_opted_out(Store& store, const Update& update);
// The same update without others who do not want to be counted (whom it answers, forwards or
// brings into the group); nullopt where there are none.
std::optional<json::object> without_opted_out(Store& store, const Update& update);

// Records with `record` what may be recorded. The journal's number; 0 for an update that is known.
using RecordWhole = std::function<std::int64_t(Store& store, const json::object& update)>;
std::int64_t record_with_consent(Store& store, const Update& update, std::int64_t now,
                                 const RecordWhole& record);

// The same for what the bot has sent itself.
using RecordMessage = std::function<void(Store& store, const json::object& message)>;
void record_own_with_consent(Store& store, const json::object& message,
                             const RecordMessage& record);

}  // namespace tgstats
