#pragma once
// Reads a Telegram Desktop export (result.json: one chat, or an account with chats.list) into the
// store. Importing the same file again changes nothing; what was deleted, opted out or is older
// than texts are kept does not come back.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "tgstats/store/store.h"

namespace tgstats {

struct ImportOptions {
    bool shift_to_now = false;  // move all dates so that the newest message is `now`
    std::int64_t now = 0;       // Unix seconds
    std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>
        progress;  // may be empty
};

struct ImportSummary {
    std::int64_t chats = 0;
    std::int64_t messages = 0;
    std::int64_t service_rows = 0;
    std::int64_t users = 0;
    std::int64_t skipped = 0;  // rows of no known shape
    std::int64_t first = 0;    // dates of messages as stored
    std::int64_t last = 0;
    std::int64_t last_chat_id = 0;
    hotreload::Millis duration{0};

    [[nodiscard]] std::string text() const;  // one line for people
};

// All or nothing: an error leaves the store as it was. The error is one line for people: the file,
// what was wrong and where, what to do.
hotreload::Result<ImportSummary, std::string> import_export(Store& store,
                                                            const std::filesystem::path& file,
                                                            const ImportOptions& options);

}  // namespace tgstats
