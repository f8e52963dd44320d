#pragma once
// All that is stored about one person, as one JSON document. Read in pages, so that others get the
// store's thread in between, and bounded.

#include <string>

#include "tgstats/store/store_thread.h"

namespace tgstats {

inline constexpr std::size_t my_data_bytes_max = 20U << 20;
inline constexpr std::int64_t my_data_page_rows = 1'000;

// {"exported","person":{…}|null,"opted_out":[…],"chats":[{"chat","membership",
// "membership_changes","messages","reactions","totals"}],"complete"}; `complete` is false where the
// bound was reached.
Task<std::string> my_data(StoreThread& store, std::int64_t user_id, std::int64_t now);

}  // namespace tgstats
