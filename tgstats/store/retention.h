#pragma once
// Deleting what a chat keeps for some days only, in bounded steps, so that other work gets its turn
// between them. Texts are blanked and the rest of their rows kept; metadata are whole rows, whose
// counts stay in the rollups. Each call is one transaction.

#include <cstdint>

#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::int64_t retention_step_rows = 500;   // looked at in one step
inline constexpr std::int64_t preview_rows_max = 100'000;  // looked at, of each kind

// How many rows of a kind would be deleted. Where more than preview_rows_max had to be looked at
// there may be more.
struct RowCount {
    std::int64_t count = 0;
    bool more = false;

    [[nodiscard]] bool none() const { return count == 0 && !more; }
};

// What blank_texts would delete that is older than `before` (Unix seconds): words of people, the
// newest first.
struct TextPreview {
    RowCount texts;         // of messages without a medium
    RowCount captions;      // of those with one
    RowCount file_names;    // a message may have both
    RowCount service_rows;  // that hold words
    RowCount updates;       // as they came: they say the same once more

    [[nodiscard]] bool nothing() const {
        return texts.none() && captions.none() && file_names.none() && service_rows.none();
    }
};
TextPreview preview_texts(Store& store, std::int64_t chat_id, std::int64_t before);

// What delete_metadata would delete: whole rows, and the updates as they came.
struct MetadataPreview {
    RowCount messages;
    RowCount reactions;
    RowCount service_rows;
    RowCount membership_changes;
    RowCount updates;

    [[nodiscard]] bool nothing() const {
        return messages.none() && reactions.none() && service_rows.none() &&
               membership_changes.none();
    }
};
MetadataPreview preview_metadata(Store& store, std::int64_t chat_id, std::int64_t before);

struct DeletedRows {
    std::int64_t texts = 0;  // messages that lost their text, caption or file's name
    std::int64_t messages = 0;
    std::int64_t reactions = 0;
    std::int64_t service_rows = 0;
    std::int64_t membership_changes = 0;
};

// Where a run over one chat has come to, and what it has deleted.
struct RetentionRun {
    std::int64_t chat_id = 0;
    std::int64_t before = 0;
    std::int64_t at_date = INT64_MIN;  // texts: looked at up to here …
    std::int64_t at_message = INT64_MIN;
    DeletedRows deleted;
    bool done = false;
};
void blank_texts(Store& store, RetentionRun& run);
void delete_metadata(Store& store, RetentionRun& run);

// What is older was deleted by retention, and is counted as past. In Unix seconds; 0: nothing was.
std::int64_t counted_before(Store& store, std::int64_t chat_id);

}  // namespace tgstats
