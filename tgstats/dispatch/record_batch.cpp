#include "tgstats/dispatch/record_batch.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <span>
#include <utility>

#include "hotreload/base/reason.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

// By the content of what was to be recorded; anything else may be otherwise the next time.
bool is_of_content(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const SqlError& fault) {
        return !fault.may_pass();
    } catch (const std::bad_alloc&) {
        return false;
    } catch (...) {
        return true;
    }
}

// Known from now on, and nothing more: it does not come again. Its number in the journal, 0 when it
// was known before.
std::int64_t note(Store& store, const Update& update) {
    const auto seq = journal_append(store,
                                    {.seq = 0,
                                     .update_id = update.update_id,
                                     .chat_id = update.chat_id,
                                     .kind = journal_private,
                                     .body = {}},
                                    hotreload::unix_now());
    if (seq) journal_mark_handled(store, update.update_id);
    return seq.value_or(0);
}

// All of them or none; what went wrong.
std::exception_ptr record_together(Store& store, const RecordUpdate& record,
                                   std::span<Arrival> arrivals, RecordedBatch& recorded) {
    try {
        Transaction transaction(store.database());
        std::vector<Arrival*> unanswered;
        std::vector<NotRecorded> not_recorded;
        auto last_seq = recorded.last_seq;
        for (auto& arrival : arrivals) {
            const auto& update = arrival.update;
            const auto seq = update.fault.empty() ? record(store, update) : note(store, update);
            if (seq == 0) continue;
            last_seq = seq;
            if (!update.fault.empty())
                not_recorded.push_back({update.update_id, update.fault});
            else if (arrival.waits_for_answer)
                unanswered.push_back(&arrival);
            else
                journal_mark_handled(store, update.update_id);
        }
        transaction.commit();
        recorded.last_seq = last_seq;
        for (auto* arrival : unanswered) recorded.unanswered.push_back(std::move(arrival->update));
        std::ranges::move(not_recorded, std::back_inserter(recorded.not_recorded));
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

// Without its body, which may be what is at fault.
std::exception_ptr note_alone(Store& store, const Update& update, std::string reason,
                              RecordedBatch& recorded) {
    try {
        Transaction transaction(store.database());
        const auto seq = note(store, update);
        transaction.commit();
        if (seq == 0) return nullptr;
        recorded.last_seq = seq;
        recorded.not_recorded.push_back({update.update_id, std::move(reason)});
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

// What went wrong, where it may pass. An id alone can always be noted, or the store is at fault.
std::exception_ptr record_alone(Store& store, const RecordUpdate& record, Arrival& arrival,
                                RecordedBatch& recorded) {
    const auto fault = record_together(store, record, {&arrival, 1}, recorded);
    if (!fault) return nullptr;
    store.read_anew();
    if (!is_of_content(fault)) return fault;
    return note_alone(store, arrival.update, hotreload::reason_of(fault), recorded);
}

}  // namespace

RecordedBatch record_batch(Store& store, const RecordUpdate& record, std::vector<Arrival> batch) {
    RecordedBatch recorded;
    recorded.fault = record_together(store, record, batch, recorded);
    if (!recorded.fault) return recorded;
    store.read_anew();
    if (!is_of_content(recorded.fault)) return recorded;
    for (auto& arrival : batch) {
        recorded.fault = record_alone(store, record, arrival, recorded);
        if (recorded.fault) break;
    }
    return recorded;
}

}  // namespace tgstats
