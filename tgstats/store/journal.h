#pragma once
// The updates in order, each once, and how far each reader has come. Each call is one transaction,
// or part of the open one.
//
// An update of a chat that stores no texts is private: its body, which is the update itself, is
// erased in the transaction in which it is handled and the last reader has passed it, and after a
// day at the latest, read or not.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

// In the place of an update's kind: no reader gets it, and its body goes when it has been handled.
inline constexpr const char* journal_private = "private";

struct JournalEntry {
    std::int64_t seq = 0;  // from 1, in order of arrival
    std::int64_t update_id = 0;
    std::int64_t chat_id = 0;
    std::string kind;
    std::string body;  // the Update's JSON
    bool is_private = false;
    std::int64_t received = 0;  // Unix seconds; 0 where it is not asked for
};

// Updates. append() gives nullopt for an update_id that is there already.
std::optional<std::int64_t> journal_append(Store& store, const JournalEntry& entry,
                                           std::int64_t now);
std::vector<JournalEntry> journal_after(Store& store, std::int64_t seq, std::size_t limit);
// Updates whose commands are not dealt with yet, oldest first: what a restart has to take up again.
std::vector<JournalEntry> journal_unhandled(Store& store, std::size_t limit);
// Whether this one is not dealt with. Changes the store, so that a fault of writing is seen.
bool journal_still_unhandled(Store& store, std::int64_t update_id);
void journal_mark_handled(Store& store, std::int64_t update_id);
std::int64_t journal_last_seq(Store& store);
// Forgets bodies of handled updates below every reader's cursor and older than `before`, and
// private ones older than `private_before`; ids stay, so that none is taken twice.
std::int64_t journal_prune(Store& store, std::int64_t before, std::int64_t private_before);

// Deletes updates that are dealt with, lie below every reader's cursor and were received before
// that time, ids and all; the newest one stays. One step of a walk from `after` 0 on, so that the
// store's thread is not held up.
struct JournalStep {
    std::int64_t at = 0;  // `after` of the next step
    std::int64_t deleted = 0;
    bool last = false;  // what follows is younger
};
inline constexpr std::int64_t journal_step_rows = 1'000;
JournalStep journal_shorten(Store& store, std::int64_t after, std::int64_t before,
                            std::int64_t now);

// Erases the bodies of private updates that nobody needs any more.
void journal_forget_private(Store& store);
// From now on the chat stores no texts: what the journal holds of it is private, too.
void journal_make_private(Store& store, std::int64_t chat_id);

// How far a reader (an observer plugin) has come, and when it was last there. Pruning spares what a
// cursor has not passed.
std::optional<std::int64_t> cursor(Store& store, const std::string& reader);
void set_cursor(Store& store, const std::string& reader, std::int64_t seq, std::int64_t now);
void touch_cursor(Store& store, const std::string& reader, std::int64_t now);
// Forgets the readers that were last there before this time; their names.
std::vector<std::string> forget_cursors(Store& store, std::int64_t before);

}  // namespace tgstats
