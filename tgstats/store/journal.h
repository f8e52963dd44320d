#pragma once
// What must outlive a crash between "an update came" and "its answer went out": the updates in
// order, how far each reader has come, answers that wait to be sent, and what plugins keep. Each
// call is one transaction, or part of the open one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::size_t state_value_bytes_max = 1U << 20;
inline constexpr std::size_t state_keys_max = 10'000;  // for each plugin

struct JournalEntry {
    std::int64_t seq = 0;  // from 1, in order of arrival
    std::int64_t update_id = 0;
    std::int64_t chat_id = 0;
    std::string kind;
    std::string body;  // the Update's JSON
};

// Updates. append() gives nullopt for an update_id that is there already.
std::optional<std::int64_t> journal_append(Store& store, const JournalEntry& entry,
                                           std::int64_t now);
std::vector<JournalEntry> journal_after(Store& store, std::int64_t seq, std::size_t limit);
// Updates whose commands are not dealt with yet, oldest first: what a restart has to take up again.
std::vector<JournalEntry> journal_unhandled(Store& store, std::size_t limit);
void journal_mark_handled(Store& store, std::int64_t update_id);
std::int64_t journal_last_seq(Store& store);
// Forgets bodies of handled updates below every reader's cursor and older than `before`; ids stay
// for deduplication.
std::int64_t journal_prune(Store& store, std::int64_t before);

// How far a reader (an observer plugin) has come; nullopt for a new one.
std::optional<std::int64_t> cursor(Store& store, const std::string& reader);
void set_cursor(Store& store, const std::string& reader, std::int64_t seq);
void remove_cursor(Store& store, const std::string& reader);

// Bot API calls that were decided and are not sent yet; `call` is one effect's JSON.
struct OutboxEntry {
    std::int64_t id = 0;
    std::int64_t update_id = 0;
    std::string plugin;
    std::string call;
};
std::int64_t outbox_put(Store& store, const OutboxEntry& entry);
std::vector<OutboxEntry> outbox(Store& store, std::size_t limit);
void outbox_remove(Store& store, std::int64_t id);

// What plugins keep, by key; values are JSON texts. set gives the reason why not (too large, too
// many keys).
std::optional<std::string> state_get(Store& store, const std::string& plugin,
                                     const std::string& key);
std::optional<std::string> state_set(Store& store, const std::string& plugin,
                                     const std::string& key, const std::string& value);
bool state_remove(Store& store, const std::string& plugin, const std::string& key);
std::vector<std::string> state_keys(Store& store, const std::string& plugin);

}  // namespace tgstats
