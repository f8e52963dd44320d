#pragma once
// How the steps of a reload appear in the event log: names and fields in one place.

#include <string>

#include "hotreload/base/process.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/generation.h"
#include "hotreload/reload/slot.h"

namespace hotreload {

void report_loaded(EventLog& events, const Attempt& attempt, const Manifest& manifest,
                   const std::string& module);
// handler_removed for each offer that the previous generation had, command_registered for each that
// the new one has.
void report_published(EventLog& events, const Generation* previous, const Generation& next);
void report_offers_removed(EventLog& events, const Generation& previous);
void report_reloaded(EventLog& events, const Attempt& attempt, const Generation& generation);
void report_failed(EventLog& events, const Attempt& attempt, const Failure& failure,
                   bool still_serving);
void report_superseded(EventLog& events, const Attempt& attempt);
void report_retired(EventLog& events, const Generation& generation, Micros drained,
                    const ExitStatus& exit);

}  // namespace hotreload
