#pragma once
// All that is stored about one person, as one JSON document. Read in pages, so that others get the
// store's thread in between, and bounded.

#include <string>

#include "tgstats/store/store_thread.h"

namespace tgstats {

inline constexpr std::size_t my_data_bytes_max = 20U << 20;

// {"exported", TABLE: [ROW, …] for each table that can name people (person_tables.h), "complete"}.
// A row has the columns of the table. `complete` is false where the bound was reached: then the
// last rows are missing, and the tables behind them.
Task<std::string> my_data(StoreThread& store, std::int64_t user_id, std::int64_t now,
                          std::size_t bytes_max = my_data_bytes_max);

}  // namespace tgstats
