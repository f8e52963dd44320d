#pragma once
// What of an export may not come back into one chat: what was deleted there, people who opted out,
// what people had forgotten (/forgetme), what retention deleted, texts older than the chat keeps
// them. Looked up once.

#include <cstdint>
#include <unordered_map>
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
    // Retention has deleted it and counts it as past: once more would be twice.
    [[nodiscard]] bool is_past(std::int64_t date) const { return date < past_before_; }
    // What they did at that time was deleted at their wish.
    [[nodiscard]] bool forgotten(std::int64_t user_id, std::int64_t date) const {
        const auto known = forgotten_.find(user_id);
        return known != forgotten_.end() && date <= known->second;
    }
    [[nodiscard]] bool is_nobody(std::int64_t user_id, std::int64_t date) const {
        return opted_out(user_id) || forgotten(user_id, date);
    }
    [[nodiscard]] bool keeps_text(std::int64_t date) const {
        return store_text_ && date >= texts_since_;
    }

private:
    std::unordered_set<std::int64_t> deleted_;
    std::unordered_set<std::int64_t> opted_out_;
    std::unordered_map<std::int64_t, std::int64_t> forgotten_;  // until when, by person
    bool store_text_ = true;
    std::int64_t texts_since_ = INT64_MIN;
    std::int64_t past_before_ = INT64_MIN;
};

}  // namespace tgstats
