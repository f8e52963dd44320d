#pragma once
// How a chat was called over time, and what its forum topics are called.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tgstats/store/store.h"

namespace tgstats {

struct TitleRow {
    std::int64_t chat_id = 0;
    std::int64_t since = 0;  // when it was given, or first seen
    std::string title = {};
    std::int64_t actor_id = 0;
};

// Does nothing where the chat was called so at that time anyway.
void put_title(Store& store, const TitleRow& row);
std::vector<TitleRow> titles(Store& store, std::int64_t chat_id);  // oldest first

struct TopicRow {
    std::int64_t chat_id = 0;
    std::int64_t thread_id = 0;
    std::string name = {};
    std::string icon = {};  // a custom emoji's id; empty: none
    std::int64_t created = 0;
    std::int64_t creator_id = 0;
    bool closed = false;
    bool hidden = false;
};

// The topic as it is now; nullopt when nothing was heard of it.
std::optional<TopicRow> topic(Store& store, std::int64_t chat_id, std::int64_t thread_id);
void put_topic(Store& store, const TopicRow& row);

}  // namespace tgstats
