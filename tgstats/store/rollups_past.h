#pragma once
// The kinds of rows in the rollups, and what one user has on one day of rows that are gone. Inside
// this folder only.

#include "tgstats/store/rollups.h"

namespace tgstats {

enum Span : int { span_all = 0, span_month = 1, span_day = 2 };

struct Rollups::PastRow {
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0;
    std::int64_t day = 0;
    std::int64_t user_id = 0;
    Metrics metrics;  // without active_days: that follows from messages
};

}  // namespace tgstats
