#pragma once
// What a chat's administrators decided beyond ChatSettings: how long rows are kept, and the words
// that say nothing in this chat. Each call is one transaction, or part of the open one.

#include <cstdint>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

inline constexpr std::size_t stop_words_max = 500;  // of one chat

struct ChatPolicy {
    bool set_up = false;         // an administrator gave /setup
    std::int64_t text_days = 0;  // 0: kept without limit
    std::int64_t metadata_days =
        0;  // messages, reactions, service rows, joins; 0: kept without limit
};

ChatPolicy chat_policy(Store& store, std::int64_t chat_id);
void mark_set_up(Store& store, std::int64_t chat_id);
void set_text_days(Store& store, std::int64_t chat_id, std::int64_t days);
void set_metadata_days(Store& store, std::int64_t chat_id, std::int64_t days);
// Chats where something is kept for some days only.
std::vector<std::int64_t> chats_with_retention(Store& store);

std::vector<std::string> stop_words(Store& store, std::int64_t chat_id);  // sorted
void add_stop_word(Store& store, std::int64_t chat_id, const std::string& word);
bool remove_stop_word(Store& store, std::int64_t chat_id, const std::string& word);

// A group became a supergroup.
void move_policies(Database& database, std::int64_t from_chat_id, std::int64_t to_chat_id);

}  // namespace tgstats
