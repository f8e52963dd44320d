#include "tgstats/record/import_rules.h"

#include "tgstats/store/chat_policy.h"
#include "tgstats/store/retention.h"

namespace tgstats {
namespace {

constexpr std::int64_t seconds_of_day = 86'400;

}  // namespace

// A group that has moved took all of it along, with ids that are shifted.
ImportRules::ImportRules(Store& store, std::int64_t chat_id, std::int64_t now)
    : store_text_(store.settings(chat_id).store_text) {
    const auto current = store.current_chat_id(chat_id);
    const auto shift = store.place(chat_id, 1).message_id - 1;
    auto deleted = store.database().prepare("SELECT message_id FROM deletions WHERE chat_id=?1");
    deleted.bind(current);
    while (deleted.step()) deleted_.insert(deleted.integer(0) - shift);
    auto people =
        store.database().prepare("SELECT user_id FROM opted_out WHERE chat_id IN (0, ?1)");
    people.bind(current);
    while (people.step()) opted_out_.insert(people.integer(0));
    auto forgotten = store.database().prepare(
        "SELECT user_id, max(at) FROM forgotten WHERE chat_id IN (0, ?1) GROUP BY user_id");
    forgotten.bind(current);
    while (forgotten.step()) forgotten_.emplace(forgotten.integer(0), forgotten.integer(1));
    if (const auto before = counted_before(store, current); before > 0) past_before_ = before;
    const auto days = chat_policy(store, current).text_days;
    if (days > 0 && now > 0) texts_since_ = now - days * seconds_of_day;
}

}  // namespace tgstats
