#pragma once
// Everything the bot knows about chats, in one SQLite file. Synchronous: it lives on one thread
// (see StoreThread). Faults of the database are exceptions (SqlError). Each method is one
// transaction, or part of the one that is open.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/result.h"
#include "tgstats/store/rows.h"
#include "tgstats/store/sqlite.h"

namespace tgstats {

using hotreload::Result;

class LocalClock;
class Rollups;

struct ChatSummary {
    ChatRow chat;
    ChatSettings settings;
    std::int64_t messages = 0;  // of people
    std::int64_t users = 0;
    std::int64_t first = 0;  // of people's messages; 0 without any
    std::int64_t last = 0;
};

class Store {
public:
    // Opens or makes data_dir/tgstats.db and brings it to the newest version. The error is a line
    // for people.
    static Result<Store, std::string> open(const std::filesystem::path& data_dir);
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;
    ~Store();

    // After a transaction that was undone: what is remembered beside the database is read again.
    void read_anew();
    [[nodiscard]] Database& database() { return *database_; }
    [[nodiscard]] Rollups& rollups() { return *rollups_; }

    void put_chat(const ChatRow& chat);
    [[nodiscard]] std::optional<ChatRow> chat(std::int64_t chat_id);
    [[nodiscard]] std::optional<ChatSummary> summary(std::int64_t chat_id);
    // Where the bot may write: known, not moved elsewhere, and the bot was not removed.
    [[nodiscard]] std::vector<std::int64_t> chat_ids();
    // Those, and the ones that the bot was removed from: what is stored of them is still there.
    [[nodiscard]] std::vector<std::int64_t> known_chat_ids();
    [[nodiscard]] std::vector<ChatSummary> summaries();  // of those; most recently active first
    void set_active(std::int64_t chat_id, bool active);  // whether the bot is in it
    [[nodiscard]] bool is_active(std::int64_t chat_id);  // true for a chat that is not known
    [[nodiscard]] ChatSettings settings(
        std::int64_t chat_id);  // the defaults for a chat that is not known
    // The error says what was expected. A new time zone counts the chat's local hours and days
    // anew. Where texts are no longer stored the journal forgets those it holds; those of messages
    // stay until an administrator has them deleted (note_erasure).
    Result<void, std::string> set_settings(std::int64_t chat_id, const ChatSettings& settings);
    [[nodiscard]] const LocalClock& clock(std::int64_t chat_id);
    // A group became a supergroup: its history, settings, state of plugins under keys that hold
    // the id, and what waits to be sent move to the new id, message ids shifted below zero as in
    // exports. Telegram tells it twice, in either order: the second time does nothing.
    void migrate_chat(std::int64_t from_chat_id, std::int64_t to_chat_id);
    struct Place {
        std::int64_t chat_id = 0;
        std::int64_t message_id = 0;
    };
    // Where a message of a chat that has moved is now; of any other chat: where it is said to be.
    [[nodiscard]] Place place(std::int64_t chat_id, std::int64_t message_id) const;
    [[nodiscard]] std::int64_t current_chat_id(std::int64_t chat_id) const {
        return place(chat_id, 0).chat_id;
    }

    enum class Source { live, imported };  // an imported name does not replace one seen live
    void put_user(const UserRow& user, Source source = Source::live);
    [[nodiscard]] std::optional<UserRow> user(std::int64_t user_id);
    [[nodiscard]] bool is_bot(std::int64_t user_id) const;

    // New, or again with other content: the counts follow the last edit. False: it was older than
    // what is there, or the message is known to be deleted, and nothing was changed.
    bool put_message(const MessageRow& message);
    // Messages that are gone, with their reactions: nothing of them counts or comes back.
    void delete_messages(std::int64_t chat_id, const std::vector<std::int64_t>& message_ids,
                         std::int64_t date);
    [[nodiscard]] std::optional<MessageRow> message(std::int64_t chat_id, std::int64_t message_id);
    void put_service(const ServiceRow& service);
    // Keeps the present status and the change, which may be told twice (by a service message, too).
    void put_membership(const MembershipRow& membership);
    // Rows alone, without counting: for bulk work that ends with recount(chat_id). An edit that is
    // older than what is there changes nothing.
    void insert_message(const MessageRow& message);
    void recount(std::int64_t chat_id);
    void clear_reactions(std::int64_t chat_id, std::int64_t message_id);
    void insert_reaction(const ReactionRow& reaction, std::int64_t author_id,
                         std::int64_t thread_id);
    // Sets what one user (or user 0: the unnamed) has on one message now; an empty list takes all
    // of it back.
    void put_reactions(std::int64_t chat_id, std::int64_t message_id, std::int64_t user_id,
                       const std::vector<ReactionRow>& reactions);

private:
    explicit Store(Database database);
    void attach_early_reactions(const MessageRow& message);
    void mark_bot(std::int64_t user_id);

    struct Cache;
    std::unique_ptr<Database> database_;
    std::unique_ptr<Cache> cache_;
    std::unique_ptr<Rollups> rollups_;
};

}  // namespace tgstats
