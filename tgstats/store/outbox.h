#pragma once
// Bot API calls that were decided and that Telegram has not taken yet, in the order in which they
// were decided. Each call here is one transaction, or part of the open one.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

struct OutboxFile {
    std::string field;  // the Bot API parameter
    std::string name;
    std::string type;
    std::string bytes;
};

struct OutboxEntry {
    std::int64_t id = 0;         // given by the store
    std::int64_t batch = 0;      // what one event led to; 0 when put: a batch begins with this one
    std::int64_t chat_id = 0;    // 0: the call names no chat by number
    std::int64_t update_id = 0;  // 0: not the answer to one update
    std::string plugin;
    std::string method;
    std::string params;  // JSON
    std::int64_t created = 0;
    std::int64_t sending = 0;  // since when its request is under way; 0: it is not
    std::vector<OutboxFile> files;
};

// Gives the id.
std::int64_t outbox_put(Store& store, const OutboxEntry& entry);
// All of them, oldest first, without params and files.
std::vector<OutboxEntry> outbox_waiting(Store& store);
std::optional<OutboxEntry> outbox_get(Store& store, std::int64_t id);
// A request is about to be made: from now on nobody can know whether Telegram takes it, until
// outbox_remove (it did, or never will) or outbox_put_back (it certainly did not).
void outbox_begin(Store& store, std::int64_t id, std::int64_t now);
void outbox_put_back(Store& store, std::int64_t id);
void outbox_remove(Store& store, std::int64_t id);
// Nobody will ever know whether Telegram took it. It waits no longer, but may have been sent: see
// sent_since. Those that began before `forget_before` are removed.
void outbox_lose(Store& store, std::int64_t id, std::int64_t forget_before);
// What has gone out since then by this account, or may have, oldest first: what is recorded, what
// was under way when an earlier process ended, and what was lost. Of a message's edits the last one
// is known; messages that were older than two days are not looked at.
struct SentBefore {
    std::int64_t chat_id = 0;
    std::int64_t at = 0;
    bool edit = false;  // else a message
};
std::vector<SentBefore> sent_since(Store& store, std::int64_t account_id, std::int64_t since);
void outbox_remove_batch(Store& store, std::int64_t batch);

}  // namespace tgstats
