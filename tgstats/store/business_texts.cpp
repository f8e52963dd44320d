#include "tgstats/store/business_texts.h"

#include "tgstats/store/chat_policy.h"
#include "tgstats/store/privacy.h"

namespace tgstats {

namespace {

constexpr const char* chats_of_owner =
    "SELECT DISTINCT chat_id FROM business_chats WHERE connection_id IN"
    " (SELECT id FROM business_connections WHERE user_id=?1) ORDER BY chat_id";
constexpr const char* chats_with_person =
    "SELECT DISTINCT chat_id FROM business_chats WHERE person_id=?1 ORDER BY chat_id";

std::vector<std::int64_t> chats_by(Store& store, const char* sql, std::int64_t user_id) {
    auto row = store.database().prepare(sql);
    row.bind(user_id);
    std::vector<std::int64_t> chats;
    while (row.step()) chats.push_back(row.integer(0));
    return chats;
}

void apply(Store& store, std::int64_t chat_id, const BusinessTexts& texts) {
    auto settings = store.settings(chat_id);
    if (settings.store_text != texts.stored) {
        settings.store_text = texts.stored;
        static_cast<void>(store.set_settings(chat_id, settings));  // of a chat that is there
    }
    if (chat_policy(store, chat_id).text_days != texts.days)
        set_text_days(store, chat_id, texts.days);
}

std::int64_t owner_of(Store& store, const std::string& connection_id) {
    auto row = store.database().prepare("SELECT user_id FROM business_connections WHERE id=?1");
    return row.bind(connection_id).step() ? row.integer(0) : 0;
}

void erase_texts_of(Store& store, const std::vector<std::int64_t>& chats) {
    for (const auto chat : chats) note_erasure(store, {chat, 0, Erasure::Kind::texts});
}

}  // namespace

BusinessTexts business_texts(Store& store, std::int64_t owner_id) {
    auto row = store.database().prepare(
        "SELECT store_text, text_days FROM business_accounts WHERE user_id=?1");
    if (!row.bind(owner_id).step()) return {};
    return {row.integer(0) != 0, row.integer(1)};
}

void set_business_texts(Store& store, std::int64_t owner_id, const BusinessTexts& texts) {
    Transaction transaction(store.database());
    store.database()
        .prepare("INSERT OR REPLACE INTO business_accounts VALUES(?1,?2,?3)")
        .bind(owner_id, texts.stored, texts.days)
        .run();
    for (const auto chat : business_chats_of(store, owner_id)) apply(store, chat, texts);
    transaction.commit();
}

void forbid_business_texts(Store& store) {
    Transaction transaction(store.database());
    auto row = store.database().prepare("SELECT user_id FROM business_accounts WHERE store_text=1");
    std::vector<std::int64_t> owners;
    while (row.step()) owners.push_back(row.integer(0));
    for (const auto owner : owners)
        set_business_texts(store, owner, {false, business_texts(store, owner).days});
    transaction.commit();
}

bool has_business_account(Store& store, std::int64_t owner_id) {
    auto row = store.database().prepare(
        "SELECT 1 FROM business_connections WHERE user_id=?1 AND enabled=1 LIMIT 1");
    return row.bind(owner_id).step();
}

std::vector<std::int64_t> business_chats_of(Store& store, std::int64_t owner_id) {
    return chats_by(store, chats_of_owner, owner_id);
}

void apply_business_texts(Store& store, const std::string& connection_id) {
    const auto owner_id = owner_of(store, connection_id);
    if (owner_id == 0) return;
    const auto texts = business_texts(store, owner_id);
    for (const auto chat : business_chats_of(store, owner_id)) apply(store, chat, texts);
}

void erase_business_texts(Store& store, std::int64_t owner_id) {
    erase_texts_of(store, business_chats_of(store, owner_id));
}

void end_business_texts(Store& store, std::int64_t person_id) {
    set_business_texts(store, person_id, {});
    store.database()
        .prepare("DELETE FROM business_accounts WHERE user_id=?1")
        .bind(person_id)
        .run();
    erase_business_texts(store, person_id);
    erase_texts_of(store, chats_by(store, chats_with_person, person_id));
}

}  // namespace tgstats
