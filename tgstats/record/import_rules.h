#pragma once
// What of an export may not come back into one chat: what was deleted there, people who opted out,
// texts older than the chat keeps them. Looked up once.

#include <cstdint>
#include <unordered_set>

#include "tgstats/store/store.h"

namespace tgstats {

class ImportRules {
public:
    ImportRules() = default;  // all may
    // `now` in Unix seconds; 0: texts of any age may.
    ImportRules(Store& store, std::int64_t chat_id, std::int64_t now);

    [[nodiscard]] bool is_deleted(std::int64_t message_id) const {
        return deleted_.contains(message_id);
    }
    [[nodiscard]] bool opted_out(std::int64_t user_id) const {
        return user_id > 0 && opted_out_.contains(user_id);
    }
    [[nodiscard]] bool keeps_text(std::int64_t date) const {
        return store_text_ && date >= texts_since_;
    }

private:
    std::unordered_set<std::int64_t> deleted_;
    std::unordered_set<std::int64_t> opted_out_;
    bool store_text_ = true;
    std::int64_t texts_since_ = INT64_MIN;
};

}  // namespace tgstats
