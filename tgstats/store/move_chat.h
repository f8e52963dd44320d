#pragma once
// What a chat has under its id goes to another id: a group became a supergroup.

#include <cstdint>

#include "tgstats/store/sqlite.h"

namespace tgstats {

// Desktop exports number the messages of the group that a supergroup grew from this way, too.
inline constexpr std::int64_t migrated_shift = -1'000'000'000;

// Part of the open transaction; both chats are known. Counts are left alone.
void move_chat(Database& database, std::int64_t from, std::int64_t to);

}  // namespace tgstats
