#include "tgstats/record/import_export.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "tgstats/record/export_reader.h"
#include "tgstats/record/import_rules.h"
#include "tgstats/record/text_metrics.h"
#include "tgstats/store/chat_history.h"
#include "tgstats/store/local_clock.h"

namespace tgstats {

namespace {

namespace json = boost::json;

constexpr std::int64_t progress_every = 4096;  // messages

class Importer {
public:
    Importer(Store& store, const ImportOptions& options, std::uint64_t total_bytes)
        : store_(store), options_(options), total_bytes_(total_bytes) {}

    void begin_chat(const ExportChat& chat);
    void put(const ExportMessage& message, std::uint64_t done_bytes);
    void skip() { ++summary_.skipped; }
    ImportSummary finish();

    std::int64_t shift_s = 0;

private:
    struct Seen {
        std::int64_t user_id = 0;
        std::int64_t thread_id = 0;
    };

    void end_chat();
    void put_service(const ExportMessage& message);
    void put_topic_row(const ExportMessage& message, std::int64_t date);
    void put_message(const ExportMessage& message);
    void put_reactions(const ExportMessage& message, const Seen& target);
    void put_name(std::int64_t user_id, const std::string& name, std::int64_t date);
    [[nodiscard]] Seen target(std::int64_t message_id);

    Store& store_;
    const ImportOptions& options_;
    std::uint64_t total_bytes_;
    ImportSummary summary_;
    ChatRow chat_;
    ImportRules rules_;
    std::unordered_map<std::int64_t, Seen> seen_;  // by message id, of the chat at hand
    std::unordered_set<std::int64_t> topics_;      // ids of the rows that opened a forum topic
    std::unordered_map<std::int64_t, std::string> names_;
};

void Importer::begin_chat(const ExportChat& chat) {
    end_chat();
    const auto known = store_.chat(chat.id);
    rules_ = ImportRules(store_, chat.id, options_.now);
    // A private chat is named after its person.
    const auto title = rules_.is_nobody(chat.id, INT64_MIN) ? std::string() : chat.title;
    chat_ = known.value_or(ChatRow{chat.id, chat.type, title, "", false});
    store_.put_chat(chat_);
    if (chat.with_bot)
        store_.put_user({chat.id, chat.title, "", "", true}, Store::Source::imported);
    summary_.last_chat_id = chat.id;
    ++summary_.chats;
}

void Importer::end_chat() {
    if (chat_.id == 0) return;
    if (!topics_.empty() && !chat_.is_forum) {
        chat_.is_forum = true;
        store_.put_chat(chat_);
    }
    store_.recount(chat_.id);
    seen_.clear();
    topics_.clear();
}

void Importer::put_name(std::int64_t user_id, const std::string& name, std::int64_t date) {
    if (user_id == 0 || rules_.is_nobody(user_id, date)) return;
    const auto [known, added] = names_.try_emplace(user_id, name);
    if (!added && (name.empty() || known->second == name)) return;
    known->second = name;
    store_.put_user({user_id, name, "", "", false}, Store::Source::imported);
}

void Importer::put(const ExportMessage& message, std::uint64_t done_bytes) {
    const auto date = message.date + shift_s;
    if (rules_.is_deleted(message.id) || rules_.is_past(date)) {
        if (message.action == "topic_created") topics_.insert(message.id);  // for what is in it
        return;
    }
    if (!message.service && rules_.forgotten(message.user_id, date)) return;
    put_name(message.user_id, message.name, date);
    if (message.service)
        put_service(message);
    else
        put_message(message);
    const auto rows = summary_.messages + summary_.service_rows;
    if (options_.progress && rows % progress_every == 0)
        options_.progress(done_bytes, total_bytes_);
}

// Members are names without ids; only those of the acting person can be told apart.
void Importer::put_service(const ExportMessage& message) {
    const auto date = message.date + shift_s;
    const bool nobody = rules_.is_nobody(message.user_id, date);
    const auto actor_id = nobody ? 0 : message.user_id;
    json::object details;
    if (!message.members.empty() && !nobody)
        details["members"] = json::array(message.members.begin(), message.members.end());
    if (!message.title.empty()) details["title"] = message.title;
    store_.put_service(
        {chat_.id, message.id, date, actor_id, message.action, json::serialize(details)});
    if (message.action == "topic_created") put_topic_row(message, date);
    if (message.action == "edit_group_title" || message.action == "create_group" ||
        message.action == "create_channel")
        put_title(
            store_,
            {.chat_id = chat_.id, .since = date, .title = message.title, .actor_id = actor_id});
    const bool self = message.members.size() == 1 && message.members.front() == message.name;
    const bool joined = message.action == "join_group_by_link" ||
                        message.action == "join_group_by_request" ||
                        (message.action == "invite_members" && self);
    const bool left = message.action == "remove_members" && self;
    if (actor_id != 0 && (joined || left))
        store_.put_membership({.chat_id = chat_.id,
                               .user_id = actor_id,
                               .status = joined ? "member" : "left",
                               .date = date,
                               .from = joined ? "left" : "member",
                               .actor_id = actor_id});
    ++summary_.service_rows;
}

void Importer::put_topic_row(const ExportMessage& message, std::int64_t date) {
    topics_.insert(message.id);
    if (topic(store_, chat_.id, message.id)) return;  // known live, and newer
    put_topic(store_,
              {.chat_id = chat_.id,
               .thread_id = message.id,
               .name = message.title,
               .created = date,
               .creator_id = rules_.is_nobody(message.user_id, date) ? 0 : message.user_id});
}

Importer::Seen Importer::target(std::int64_t message_id) {
    const auto found = seen_.find(message_id);
    if (found != seen_.end()) return found->second;
    const auto stored = store_.message(chat_.id, message_id);
    if (!stored) return {};
    return {rules_.opted_out(stored->user_id) ? 0 : stored->user_id, stored->thread_id};
}

// As if it had been there when its author opted out.
void make_nobodys(MessageRow& row) {
    row.user_id = row.sender_chat_id = row.reply_to_user_id = 0;
    for (auto* words : {&row.text, &row.via_bot, &row.forwarded_from}) words->clear();
}

void Importer::put_message(const ExportMessage& message) {
    MessageRow row;
    row.chat_id = chat_.id;
    row.message_id = message.id;
    row.user_id = message.user_id;
    row.sender_chat_id = message.user_id < 0 ? message.user_id : 0;
    row.date = message.date + shift_s;
    row.edit_date = message.edit_date == 0 ? 0 : message.edit_date + shift_s;
    if (topics_.contains(message.reply_to)) {
        row.thread_id = message.reply_to;  // a first-level message of the topic, no reply
    } else if (message.reply_to != 0) {
        const auto [user_id, thread_id] = target(message.reply_to);
        row.reply_to_message_id = message.reply_to;
        row.reply_to_user_id = user_id;
        row.thread_id = thread_id;
    }
    if (rules_.keeps_text(row.date)) row.text = message.text;
    row.length = code_points(message.text);
    row.emoji_count = count_emoji(message.text);
    row.url_count = message.links;
    row.media_type = message.media_type;
    row.via_bot = message.via_bot;
    row.forwarded_from = message.forwarded_from;
    if (rules_.opted_out(row.user_id)) make_nobodys(row);
    store_.insert_message(row);
    const Seen seen{row.user_id, row.thread_id};
    seen_[row.message_id] = seen;
    if (!message.reactions.empty()) put_reactions(message, seen);
    if (summary_.messages == 0 || row.date < summary_.first) summary_.first = row.date;
    summary_.last = std::max(summary_.last, row.date);
    ++summary_.messages;
}

// Who is not among the recent givers is counted under the unnamed user 0.
void Importer::put_reactions(const ExportMessage& message, const Seen& target) {
    store_.clear_reactions(chat_.id, message.id);
    for (const auto& reaction : message.reactions) {
        for (const auto& giver : reaction.recent) {
            const auto date = giver.date + shift_s;
            put_name(giver.user_id, giver.name, date);
            if (giver.user_id == 0 || rules_.is_nobody(giver.user_id, date)) continue;
            store_.insert_reaction(
                {chat_.id, message.id, giver.user_id, reaction.reaction, 1, date}, target.user_id,
                target.thread_id);
        }
        const auto unnamed = reaction.count - static_cast<std::int64_t>(reaction.recent.size());
        if (unnamed > 0)
            store_.insert_reaction(
                {chat_.id, message.id, 0, reaction.reaction, unnamed, message.date + shift_s},
                target.user_id, target.thread_id);
    }
}

ImportSummary Importer::finish() {
    end_chat();
    summary_.users = static_cast<std::int64_t>(names_.size());
    if (options_.progress) options_.progress(total_bytes_, total_bytes_);
    return summary_;
}

}  // namespace

std::string ImportSummary::text() const {
    const auto counted = [](std::int64_t count, const char* one, const char* many) {
        return std::to_string(count) + " " + (count == 1 ? one : many);
    };
    const auto clock = LocalClock::of("UTC");
    auto line = counted(messages, "message", "messages") + " and " +
                counted(service_rows, "service row", "service rows") + " of " +
                counted(users, "person", "people") + " in " + counted(chats, "chat", "chats");
    if (messages > 0 && clock)
        line += ", " + day_text(clock->local(first).day) + " to " +
                day_text(clock->local(last).day) + " (UTC)";
    if (skipped > 0) line += ", " + counted(skipped, "row", "rows") + " of unknown kind left out";
    return line + ", in " + std::to_string(duration.count()) + " ms";
}

hotreload::Result<ImportSummary, std::string> import_export(Store& store,
                                                            const std::filesystem::path& file,
                                                            const ImportOptions& options) {
    hotreload::Stopwatch stopwatch;
    auto reader = ExportReader::open(file);
    if (!reader) return reader.error();
    Importer importer(store, options, reader->size());
    if (options.shift_to_now) {
        const auto newest = reader->newest();
        if (!newest) return newest.error();
        if (*newest) importer.shift_s = options.now - **newest;
    }
    Transaction transaction(store.database());
    const auto read = reader->read(
        {[&](const ExportChat& chat) { importer.begin_chat(chat); },
         [&](const ExportMessage& message, std::uint64_t done) { importer.put(message, done); },
         [&] { importer.skip(); }});
    if (!read) return read.error();
    auto summary = importer.finish();
    transaction.commit();
    summary.duration = std::chrono::duration_cast<hotreload::Millis>(stopwatch.total());
    return summary;
}

}  // namespace tgstats
