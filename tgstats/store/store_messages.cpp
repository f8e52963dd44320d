#include "tgstats/store/chat_policy.h"
#include "tgstats/store/local_clock.h"
#include "tgstats/store/retention.h"
#include "tgstats/store/rollups.h"
#include "tgstats/store/store.h"

namespace tgstats {

namespace {

struct ReactionKey {
    std::int64_t chat_id;
    std::int64_t message_id;
    std::int64_t user_id;
};

std::vector<CountedReaction> counted_reactions(Statement& statement) {
    std::vector<CountedReaction> result;
    while (statement.step())
        result.push_back({statement.integer(0), statement.integer(1), statement.integer(2),
                          statement.integer(3), statement.integer(4)});
    return result;
}

std::vector<CountedReaction> reactions_of(Database& database, const ReactionKey& key) {
    auto statement = database.prepare(
        "SELECT user_id, author_id, thread_id, count, date FROM reactions"
        " WHERE chat_id=?1 AND message_id=?2 AND user_id=?3");
    statement.bind(key.chat_id, key.message_id, key.user_id);
    return counted_reactions(statement);
}

std::vector<CountedReaction> reactions_of_message(Database& database, std::int64_t chat_id,
                                                  std::int64_t message_id) {
    auto statement = database.prepare(
        "SELECT user_id, author_id, thread_id, count, date FROM reactions"
        " WHERE chat_id=?1 AND message_id=?2");
    statement.bind(chat_id, message_id);
    return counted_reactions(statement);
}

bool is_deleted(Database& database, const MessageRow& message) {
    auto statement = database.prepare("SELECT 1 FROM deletions WHERE chat_id=?1 AND message_id=?2");
    return statement.bind(message.chat_id, message.message_id).step();
}

}  // namespace

void Store::insert_message(const MessageRow& m) {
    database_
        ->prepare(
            "INSERT INTO messages(chat_id, message_id, user_id, sender_chat_id, date, edit_date,"
            " thread_id, reply_to_message_id, reply_to_user_id, text, length, url_count,"
            " emoji_count, media_type, via_bot, forwarded_from)"
            " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)"
            " ON CONFLICT DO UPDATE SET user_id=?3, sender_chat_id=?4, date=?5, edit_date=?6,"
            " thread_id=CASE WHEN ?7=0 THEN thread_id ELSE ?7 END, reply_to_message_id=?8, "
            "reply_to_user_id=?9,"
            " text=?10, length=?11, url_count=?12, emoji_count=?13, media_type=?14, via_bot=?15,"
            " forwarded_from=?16 WHERE edit_date<=?6")
        .bind(m.chat_id, m.message_id, m.user_id, m.sender_chat_id, m.date, m.edit_date,
              m.thread_id, m.reply_to_message_id, m.reply_to_user_id, m.text, m.length, m.url_count,
              m.emoji_count, m.media_type, m.via_bot, m.forwarded_from)
        .run();
}

bool Store::put_message(const MessageRow& message) {
    Transaction transaction(*database_);
    const auto before = this->message(message.chat_id, message.message_id);
    if (before ? message.edit_date < before->edit_date : is_deleted(*database_, message))
        return false;
    // An edit of what retention deleted: it is counted as past, and its text is not wanted.
    if (!before && message.date < counted_before(*this, message.chat_id)) return false;
    insert_message(message);
    const auto& clock = this->clock(message.chat_id);
    if (before) rollups_->count_message(*before, clock, -1);
    auto counted = message;
    if (before && counted.thread_id == 0) counted.thread_id = before->thread_id;
    rollups_->count_message(counted, clock, +1);
    if (!before) attach_early_reactions(message);
    transaction.commit();
    return true;
}

void Store::delete_messages(std::int64_t chat_id, const std::vector<std::int64_t>& message_ids,
                            std::int64_t date) {
    Transaction transaction(*database_);
    const auto& clock = this->clock(chat_id);
    for (const auto id : message_ids) {
        if (const auto row = message(chat_id, id)) rollups_->count_message(*row, clock, -1);
        for (const auto& reaction : reactions_of_message(*database_, chat_id, id))
            rollups_->count_reaction(chat_id, reaction, clock, -1);
        clear_reactions(chat_id, id);
        database_->prepare("DELETE FROM messages WHERE chat_id=?1 AND message_id=?2")
            .bind(chat_id, id)
            .run();
        database_->prepare("INSERT OR IGNORE INTO deletions VALUES(?1,?2,?3)")
            .bind(chat_id, id, date)
            .run();
    }
    transaction.commit();
}

std::optional<MessageRow> Store::message(std::int64_t chat_id, std::int64_t message_id) {
    auto s = database_->prepare(
        "SELECT chat_id, message_id, user_id, sender_chat_id, date, edit_date, thread_id,"
        " reply_to_message_id, reply_to_user_id, text, length, url_count, emoji_count, media_type,"
        " via_bot, forwarded_from FROM messages WHERE chat_id=?1 AND message_id=?2");
    if (!s.bind(chat_id, message_id).step()) return std::nullopt;
    return MessageRow{s.integer(0),
                      s.integer(1),
                      s.integer(2),
                      s.integer(3),
                      s.integer(4),
                      s.integer(5),
                      s.integer(6),
                      s.integer(7),
                      s.integer(8),
                      std::string(s.text(9)),
                      s.integer(10),
                      s.integer(11),
                      s.integer(12),
                      std::string(s.text(13)),
                      std::string(s.text(14)),
                      std::string(s.text(15))};
}

// A reaction may have come before the message that it belongs to was stored: its author is known
// only now.
void Store::attach_early_reactions(const MessageRow& message) {
    const auto early = reactions_of_message(*database_, message.chat_id, message.message_id);
    if (early.empty()) return;
    database_
        ->prepare(
            "UPDATE reactions SET author_id=?3, thread_id=?4 WHERE chat_id=?1 AND message_id=?2")
        .bind(message.chat_id, message.message_id, message.user_id, message.thread_id)
        .run();
    const auto& clock = this->clock(message.chat_id);
    for (auto reaction : early) {
        rollups_->count_reaction(message.chat_id, reaction, clock, -1);
        reaction.author_id = message.user_id;
        reaction.thread_id = message.thread_id;
        rollups_->count_reaction(message.chat_id, reaction, clock, +1);
    }
}

void Store::recount(std::int64_t chat_id) {
    Transaction transaction(*database_);
    database_
        ->prepare(
            "UPDATE reactions SET (author_id, thread_id) = (SELECT user_id, thread_id FROM messages"
            " m WHERE m.chat_id=?1 AND m.message_id=reactions.message_id)"
            " WHERE chat_id=?1 AND author_id=0 AND EXISTS(SELECT 1 FROM messages m"
            " WHERE m.chat_id=?1 AND m.message_id=reactions.message_id)")
        .bind(chat_id)
        .run();
    rollups_->rebuild(chat_id, clock(chat_id));
    transaction.commit();
}

void Store::clear_reactions(std::int64_t chat_id, std::int64_t message_id) {
    database_->prepare("DELETE FROM reactions WHERE chat_id=?1 AND message_id=?2")
        .bind(chat_id, message_id)
        .run();
}

void Store::insert_reaction(const ReactionRow& reaction, std::int64_t author_id,
                            std::int64_t thread_id) {
    database_
        ->prepare(
            "INSERT INTO reactions VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"
            " ON CONFLICT DO UPDATE SET count=?5, date=?6, author_id=?7, thread_id=?8")
        .bind(reaction.chat_id, reaction.message_id, reaction.user_id, reaction.reaction,
              reaction.count, reaction.date, author_id, thread_id)
        .run();
}

void Store::put_reactions(std::int64_t chat_id, std::int64_t message_id, std::int64_t user_id,
                          const std::vector<ReactionRow>& reactions) {
    Transaction transaction(*database_);
    const auto& clock = this->clock(chat_id);
    for (const auto& old : reactions_of(*database_, {chat_id, message_id, user_id}))
        rollups_->count_reaction(chat_id, old, clock, -1);
    database_->prepare("DELETE FROM reactions WHERE chat_id=?1 AND message_id=?2 AND user_id=?3")
        .bind(chat_id, message_id, user_id)
        .run();
    const auto target = message(chat_id, message_id);
    for (const auto& reaction : reactions)
        insert_reaction(reaction, target ? target->user_id : 0, target ? target->thread_id : 0);
    for (const auto& now : reactions_of(*database_, {chat_id, message_id, user_id}))
        rollups_->count_reaction(chat_id, now, clock, +1);
    transaction.commit();
}

}  // namespace tgstats
