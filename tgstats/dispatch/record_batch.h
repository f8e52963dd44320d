#pragma once
// Makes updates durable: a batch in one transaction and, where that fails, each in one of its own,
// so that an update that cannot be recorded keeps no other one back. Runs on the store's thread.

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "tgstats/store/store.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

// Records one update within the open transaction; gives its number in the journal, 0 when it had
// been recorded before.
using RecordUpdate = std::function<std::int64_t(Store& store, const Update& update)>;

struct Arrival {
    Update update;
    bool waits_for_answer = false;  // else it is dealt with by being recorded
};

// An update whose own content is at fault: the journal knows its id, nothing else does. One that
// has been noted before is not named again.
struct NotRecorded {
    std::int64_t update_id = 0;
    std::string reason;
};

struct RecordedBatch {
    std::vector<Update> unanswered;
    std::vector<NotRecorded> not_recorded;
    std::int64_t last_seq = 0;
    // Of the disk or the store, which may pass: what is not recorded yet is to come again.
    std::exception_ptr fault;
};

RecordedBatch record_batch(Store& store, const RecordUpdate& record, std::vector<Arrival> batch);

}  // namespace tgstats
