#include "tgstats/store/privacy.h"

#include <algorithm>

#include "tgstats/store/business_texts.h"

namespace tgstats {
namespace {

constexpr const char* name_of(Erasure::Kind kind) {
    switch (kind) {
        case Erasure::Kind::texts:
            return "texts";
        case Erasure::Kind::anonymise:
            return "anonymise";
        case Erasure::Kind::remove:
            return "delete";
    }
    return "";
}

Erasure::Kind kind_named(std::string_view name) {
    if (name == "texts") return Erasure::Kind::texts;
    return name == "delete" ? Erasure::Kind::remove : Erasure::Kind::anonymise;
}

std::vector<std::int64_t> chats_meant(Store& store, std::int64_t chat_id) {
    if (chat_id != everywhere) return {chat_id};
    return store.known_chat_ids();
}

// When the newest is dated of what is stored of them, as far as the clocks may differ; else `now`.
std::int64_t newest_of(Store& store, std::int64_t user_id, const std::vector<std::int64_t>& chats,
                       std::int64_t now) {
    auto newest = now;
    for (const auto chat : chats) {
        auto statement = store.database().prepare(
            "SELECT max(date) FROM messages WHERE chat_id=?1 AND user_id=?2 AND date<=?3");
        statement.bind(chat, user_id, now + clock_skew_s);
        if (statement.step()) newest = std::max(newest, statement.integer(0));
    }
    return newest;
}

}  // namespace

bool anybody_opted_out(Store& store) {
    return store.database().prepare("SELECT 1 FROM opted_out LIMIT 1").step();
}

bool anybody_refuses(Store& store) {
    return anybody_opted_out(store) ||
           store.database().prepare("SELECT 1 FROM forgotten LIMIT 1").step();
}

bool opted_out(Store& store, std::int64_t user_id, std::int64_t chat_id) {
    auto statement =
        store.database().prepare("SELECT 1 FROM opted_out WHERE user_id=?1 AND chat_id IN (0, ?2)");
    return statement.bind(user_id, chat_id).step();
}

bool opted_out_everywhere(Store& store, std::int64_t user_id) {
    return opted_out(store, user_id, everywhere);
}

std::vector<std::int64_t> opt_outs(Store& store, std::int64_t user_id) {
    auto statement =
        store.database().prepare("SELECT chat_id FROM opted_out WHERE user_id=?1 ORDER BY chat_id");
    statement.bind(user_id);
    std::vector<std::int64_t> chats;
    while (statement.step()) chats.push_back(statement.integer(0));
    return chats;
}

void opt_out(Store& store, std::int64_t user_id, std::int64_t chat_id, std::int64_t now) {
    Transaction transaction(store.database());
    store.database()
        .prepare("INSERT OR IGNORE INTO opted_out VALUES(?1,?2,?3)")
        .bind(user_id, chat_id, now)
        .run();
    for (const auto chat : chats_meant(store, chat_id))
        note_erasure(store, {chat, user_id, Erasure::Kind::anonymise});
    if (chat_id == everywhere) end_business_texts(store, user_id);
    transaction.commit();
}

bool opt_in(Store& store, std::int64_t user_id, std::int64_t chat_id) {
    store.database()
        .prepare("DELETE FROM opted_out WHERE user_id=?1 AND (?2=0 OR chat_id=?2)")
        .bind(user_id, chat_id)
        .run();
    return store.database().changes() > 0;
}

void note_erasure(Store& store, const Erasure& erasure) {
    store.database()
        .prepare("INSERT OR IGNORE INTO erasures VALUES(?1,?2,?3)")
        .bind(erasure.chat_id, erasure.user_id, name_of(erasure.kind))
        .run();
}

void note_removal(Store& store, std::int64_t user_id, std::int64_t chat_id, std::int64_t now) {
    Transaction transaction(store.database());
    const auto chats = chats_meant(store, chat_id);
    store.database()
        .prepare("INSERT OR REPLACE INTO forgotten VALUES(?1,?2,?3)")
        .bind(user_id, chat_id, newest_of(store, user_id, chats, now))
        .run();
    for (const auto chat : chats) note_erasure(store, {chat, user_id, Erasure::Kind::remove});
    if (chat_id == everywhere) end_business_texts(store, user_id);
    transaction.commit();
}

std::vector<Forgotten> forgotten(Store& store, std::int64_t user_id) {
    auto statement = store.database().prepare(
        "SELECT chat_id, at FROM forgotten WHERE user_id=?1 ORDER BY chat_id");
    statement.bind(user_id);
    std::vector<Forgotten> marks;
    while (statement.step()) marks.push_back({statement.integer(0), statement.integer(1)});
    return marks;
}

std::optional<std::int64_t> forgotten_until(Store& store, std::int64_t user_id,
                                            std::int64_t chat_id) {
    auto statement = store.database().prepare(
        "SELECT at FROM forgotten WHERE user_id=?1 AND chat_id IN (0, ?2) ORDER BY at DESC"
        " LIMIT 1");
    if (!statement.bind(user_id, chat_id).step()) return std::nullopt;
    return statement.integer(0);
}

bool removal_noted(Store& store, std::int64_t user_id) {
    auto statement =
        store.database().prepare("SELECT 1 FROM erasures WHERE user_id=?1 AND kind=?2");
    return statement.bind(user_id, name_of(Erasure::Kind::remove)).step();
}

std::optional<Erasure> next_erasure(Store& store) {
    auto statement = store.database().prepare(
        "SELECT chat_id, user_id, kind FROM erasures ORDER BY chat_id, user_id, kind LIMIT 1");
    if (!statement.step()) return std::nullopt;
    return Erasure{statement.integer(0), statement.integer(1), kind_named(statement.text(2))};
}

void erasure_done(Store& store, const Erasure& erasure) {
    store.database()
        .prepare("DELETE FROM erasures WHERE chat_id=?1 AND user_id=?2 AND kind=?3")
        .bind(erasure.chat_id, erasure.user_id, name_of(erasure.kind))
        .run();
}

}  // namespace tgstats
