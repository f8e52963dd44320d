#pragma once
// Deleting what a chat keeps for some days only, in bounded steps, so that other work gets its turn
// between them. Texts are blanked and the rest of their rows kept; metadata are whole rows, whose
// counts stay in the rollups. Each call is one transaction.

#include <cstdint>

#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::int64_t retention_step_rows = 500;    // looked at in one step
inline constexpr std::int64_t preview_count_max = 100'000;  // more are not counted

// What would go that is older than `before` (Unix seconds); each up to preview_count_max + 1.
struct RetentionPreview {
    std::int64_t texts = 0;
    std::int64_t messages = 0;
    std::int64_t reactions = 0;
    std::int64_t service_rows = 0;
    std::int64_t membership_changes = 0;

    [[nodiscard]] bool nothing_of_texts() const { return texts == 0; }
    [[nodiscard]] bool nothing() const {
        return messages + reactions + service_rows + membership_changes == 0;
    }
};
RetentionPreview preview_retention(Store& store, std::int64_t chat_id, std::int64_t before);

// Where a run over one chat has come to, and what it has deleted.
struct RetentionRun {
    std::int64_t chat_id = 0;
    std::int64_t before = 0;
    std::int64_t at_date = INT64_MIN;  // texts: looked at up to here …
    std::int64_t at_message = INT64_MIN;
    RetentionPreview deleted;
    bool done = false;
};
void blank_texts(Store& store, RetentionRun& run);
void delete_metadata(Store& store, RetentionRun& run);

// What is older was deleted by retention, and is counted as past. In Unix seconds; 0: nothing was.
std::int64_t counted_before(Store& store, std::int64_t chat_id);

}  // namespace tgstats
