#pragma once
// Whether the texts of a business account's chats are stored, and how long: its owner decides, and
// nobody has until then. Each call is one transaction, or part of the open one.

#include <cstdint>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

struct BusinessTexts {
    bool stored = false;
    std::int64_t days = 0;  // 0: kept without limit
};
BusinessTexts business_texts(Store& store, std::int64_t owner_id);
// In all chats of theirs, and in those that begin later.
void set_business_texts(Store& store, std::int64_t owner_id, const BusinessTexts& texts);
// The operator wants none: whoever had decided otherwise has to do it anew. What is stored stays.
void forbid_business_texts(Store& store);

// By an account that is connected with the bot at this moment.
bool has_business_account(Store& store, std::int64_t owner_id);
std::vector<std::int64_t> business_chats_of(Store& store, std::int64_t owner_id);
// A new chat of that connection, or an account of which another connection begins, is as its owner
// has decided.
void apply_business_texts(Store& store, const std::string& connection_id);
// Notes that the texts of all chats of theirs are to go.
void erase_business_texts(Store& store, std::int64_t owner_id);
// One of the two is to be forgotten or counted no more. A chat of two is about both: the texts of
// both go, and an owner has decided nothing any more.
void end_business_texts(Store& store, std::int64_t person_id);

}  // namespace tgstats
