#pragma once
// What the parts of the engine ask of each other: a look at the disk, and an attempt.

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hotreload/history/history.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/status.h"

namespace hotreload {

class Transaction;

// What failed for no fault of its own is tried again after these pauses, each twice the one before.
inline constexpr Millis retry_pause_first{2'000};
inline constexpr Millis retry_pause_max{60'000};

struct LookRequest {
    std::set<std::string> forced;   // reload these even though nothing changed
    std::set<std::string> by_hand;  // somebody asked: also where hot reload is switched off
    bool patient = false;           // what is away is believed to be gone
    Micros noticed{0};
    std::vector<std::filesystem::path> files{};  // all that can have changed; empty: anything
};

// How an attempt begins.
struct Beginning {
    CatalogEntry entry;
    std::string reason;
    std::shared_ptr<Transaction> transaction;  // none: it goes alone
    StageTimes times;
    std::optional<GenerationRecord> restored;  // from the history instead of the disk
    bool stands_in = false;                    // see Slot::stand_in
};

}  // namespace hotreload
