#include "tgstats/store/store.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>
#include <unordered_set>

#include "tgstats/store/journal.h"
#include "tgstats/store/local_clock.h"
#include "tgstats/store/move_chat.h"
#include "tgstats/store/rollups.h"
#include "tgstats/store/schema.h"

namespace tgstats {

namespace {

constexpr const char* chat_columns =
    "SELECT id, type, title, username, is_forum, timezone, locale, store_text, capture_reactions "
    "FROM chats ";

ChatRow chat_row(const Statement& row) {
    return {row.integer(0), std::string(row.text(1)), std::string(row.text(2)),
            std::string(row.text(3)), row.integer(4) != 0};
}

ChatSettings settings_row(const Statement& row) {
    return {std::string(row.text(5)), std::string(row.text(6)), row.integer(7) != 0,
            row.integer(8) != 0};
}

std::vector<std::int64_t> integers_of(Statement statement) {
    std::vector<std::int64_t> numbers;
    while (statement.step()) numbers.push_back(statement.integer(0));
    return numbers;
}

}  // namespace

struct Store::Cache {
    std::unordered_set<std::int64_t> bots;
    std::unordered_map<std::int64_t, LocalClock> clocks;
    std::unordered_map<std::int64_t, std::int64_t> moved;  // chats, to where
};

Store::Store(Database database)
    : database_(std::make_unique<Database>(std::move(database))),
      cache_(std::make_unique<Cache>()) {
    read_anew();
    rollups_ = std::make_unique<Rollups>(
        *database_, [cache = cache_.get()](std::int64_t id) { return cache->bots.contains(id); });
}

void Store::read_anew() {
    *cache_ = {};
    auto bots = database_->prepare("SELECT id FROM users WHERE is_bot=1");
    while (bots.step()) cache_->bots.insert(bots.integer(0));
    auto moved = database_->prepare("SELECT id, migrated_to FROM chats WHERE migrated_to<>0");
    while (moved.step()) cache_->moved.emplace(moved.integer(0), moved.integer(1));
}

Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store, std::string> Store::open(const std::filesystem::path& data_dir) {
    const auto file = data_dir / "tgstats.db";
    std::error_code error;
    std::filesystem::create_directories(data_dir, error);
    if (error)
        return data_dir.string() + ": cannot make the data folder: " + error.message() +
               "; give another one with --data";
    try {
        Database database(file);
        migrate_schema(database);
        return Store(std::move(database));
    } catch (const SqlError& fault) {
        return file.string() + ": cannot open the database: " + fault.what();
    }
}

void Store::put_chat(const ChatRow& chat) {
    auto statement = database_->prepare(
        "INSERT INTO chats(id, type, title, username, is_forum) VALUES(?1,?2,?3,?4,?5) ON CONFLICT "
        "DO UPDATE SET"
        " type=CASE WHEN ?2='' THEN type ELSE ?2 END, title=CASE WHEN ?3='' THEN title ELSE ?3 END,"
        " username=?4, is_forum=?5"
        " WHERE type<>?2 OR title<>?3 OR username<>?4 OR is_forum<>?5");
    statement.bind(chat.id, chat.type, chat.title, chat.username, chat.is_forum).run();
}

std::optional<ChatRow> Store::chat(std::int64_t chat_id) {
    auto statement = database_->prepare(std::string(chat_columns) + "WHERE id=?1");
    if (!statement.bind(chat_id).step()) return std::nullopt;
    return chat_row(statement);
}

ChatSettings Store::settings(std::int64_t chat_id) {
    auto statement = database_->prepare(std::string(chat_columns) + "WHERE id=?1");
    if (!statement.bind(chat_id).step()) return {};
    return settings_row(statement);
}

std::optional<ChatSummary> Store::summary(std::int64_t chat_id) {
    const auto row = chat(chat_id);
    if (!row) return std::nullopt;
    ChatSummary result{*row, settings(chat_id)};
    auto totals = database_->prepare(
        "SELECT SUM(messages), SUM(messages>0), MIN(NULLIF(first,0)), MAX(last) FROM rollups"
        " WHERE chat_id=?1 AND thread_id=0 AND span=0 AND start=0");
    if (totals.bind(chat_id).step()) {
        result.messages = totals.integer(0);
        result.users = totals.integer(1);
        result.first = totals.integer(2);
        result.last = totals.integer(3);
    }
    return result;
}

std::vector<std::int64_t> Store::chat_ids() {
    return integers_of(
        database_->prepare("SELECT id FROM chats WHERE migrated_to=0 AND active=1 ORDER BY id"));
}

std::vector<std::int64_t> Store::known_chat_ids() {
    return integers_of(database_->prepare("SELECT id FROM chats WHERE migrated_to=0 ORDER BY id"));
}

std::vector<ChatSummary> Store::summaries() {
    std::vector<ChatSummary> result;
    for (const auto id : chat_ids())
        if (auto one = summary(id)) result.push_back(std::move(*one));
    std::sort(result.begin(), result.end(),
              [](const auto& a, const auto& b) { return a.last > b.last; });
    return result;
}

Result<void, std::string> Store::set_settings(std::int64_t chat_id, const ChatSettings& settings) {
    using Outcome = Result<void, std::string>;
    const auto before = this->settings(chat_id);
    if (!chat(chat_id)) return Outcome("chat " + std::to_string(chat_id) + " is not known");
    const auto clock = LocalClock::of(settings.timezone);
    if (!clock)
        return Outcome("'" + settings.timezone +
                       "' is no time zone; expected a name such as Europe/Berlin or UTC");
    if (settings.locale.empty() || settings.locale.size() > 35)
        return Outcome(std::string("the locale must be a language tag such as en or pt-BR"));
    Transaction transaction(*database_);
    database_
        ->prepare(
            "UPDATE chats SET timezone=?2, locale=?3, store_text=?4, capture_reactions=?5 WHERE "
            "id=?1")
        .bind(chat_id, settings.timezone, settings.locale, settings.store_text,
              settings.capture_reactions)
        .run();
    if (before.timezone != settings.timezone) rollups_->rebuild(chat_id, *clock);
    if (before.store_text && !settings.store_text) journal_make_private(*this, chat_id);
    transaction.commit();
    cache_->clocks.insert_or_assign(chat_id, *clock);
    return {};
}

const LocalClock& Store::clock(std::int64_t chat_id) {
    const auto found = cache_->clocks.find(chat_id);
    if (found != cache_->clocks.end()) return found->second;
    auto clock = LocalClock::of(settings(chat_id).timezone);
    if (!clock)
        clock = LocalClock::of("UTC");  // the zone has left the system's database since it was set
    return cache_->clocks.emplace(chat_id, clock.value()).first->second;
}

void Store::put_user(const UserRow& user, Source source) {
    const bool imported = source == Source::imported;
    auto statement = database_->prepare(
        "INSERT INTO users(id, first_name, last_name, username, is_bot, imported, language,"
        " is_premium) VALUES(?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT DO UPDATE SET first_name=?2,"
        " last_name=?3, username=?4, is_bot=max(is_bot,?5), imported=?6,"
        " language=CASE WHEN ?7='' THEN language ELSE ?7 END, is_premium=?8"
        " WHERE (imported=1 OR ?6=0) AND (first_name<>?2 OR last_name<>?3 OR username<>?4 OR"
        " is_bot<?5 OR imported<>?6 OR (?7<>'' AND language<>?7) OR is_premium<>?8)"
        " AND (?6=0 OR ?2<>'')");
    statement
        .bind(user.id, user.first_name, user.last_name, user.username, user.is_bot, imported,
              user.language, user.is_premium)
        .run();
    if (user.is_bot && !cache_->bots.contains(user.id)) mark_bot(user.id);
}

// Whoever turns out to be a bot has been counted so far.
void Store::mark_bot(std::int64_t user_id) {
    cache_->bots.insert(user_id);
    std::vector<std::int64_t> chats;
    {
        auto counted = database_->prepare(
            "SELECT id FROM chats WHERE EXISTS(SELECT 1 FROM rollups WHERE chat_id=id"
            " AND thread_id=0 AND span=0 AND start=0 AND user_id=?1)");
        counted.bind(user_id);
        while (counted.step()) chats.push_back(counted.integer(0));
    }
    for (const auto id : chats) rollups_->rebuild(id, clock(id));
}

std::optional<UserRow> Store::user(std::int64_t user_id) {
    auto statement = database_->prepare(
        "SELECT id, first_name, last_name, username, is_bot, language, is_premium FROM users"
        " WHERE id=?1");
    if (!statement.bind(user_id).step()) return std::nullopt;
    return UserRow{statement.integer(0),           std::string(statement.text(1)),
                   std::string(statement.text(2)), std::string(statement.text(3)),
                   statement.integer(4) != 0,      std::string(statement.text(5)),
                   statement.integer(6) != 0};
}

bool Store::is_bot(std::int64_t user_id) const { return cache_->bots.contains(user_id); }

void Store::put_service(const ServiceRow& service) {
    database_->prepare("INSERT OR REPLACE INTO service_rows VALUES(?1,?2,?3,?4,?5,?6)")
        .bind(service.chat_id, service.message_id, service.date, service.actor_id, service.action,
              service.details)
        .run();
}

void Store::set_active(std::int64_t chat_id, bool active) {
    database_->prepare("UPDATE chats SET active=?2 WHERE id=?1 AND active<>?2")
        .bind(chat_id, active)
        .run();
}

bool Store::is_active(std::int64_t chat_id) {
    auto statement = database_->prepare("SELECT active FROM chats WHERE id=?1");
    return !statement.bind(chat_id).step() || statement.integer(0) != 0;
}

Store::Place Store::place(std::int64_t chat_id, std::int64_t message_id) const {
    Place place{chat_id, message_id};
    for (auto moved = cache_->moved.find(chat_id); moved != cache_->moved.end();
         moved = cache_->moved.find(place.chat_id)) {
        place.chat_id = moved->second;
        if (place.message_id != 0) place.message_id += migrated_shift;
    }
    return place;
}

void Store::migrate_chat(std::int64_t from_chat_id, std::int64_t to_chat_id) {
    const auto target = current_chat_id(to_chat_id);
    if (from_chat_id == 0 || target == 0 || target == from_chat_id) return;
    Transaction transaction(*database_);
    // By the database: what was remembered of a transaction that failed is not so.
    auto moved = database_->prepare("SELECT 1 FROM chats WHERE id=?1 AND migrated_to=?2");
    if (moved.bind(from_chat_id, target).step()) return;
    moved.reset();
    put_chat({from_chat_id, "group", "", "", false});
    put_chat({target, "supergroup", "", "", false});
    move_chat(*database_, from_chat_id, target);
    cache_->clocks.erase(target);
    rollups_->rebuild(from_chat_id, clock(from_chat_id));
    rollups_->rebuild(target, clock(target));
    transaction.commit();
    cache_->moved.insert_or_assign(from_chat_id, target);
}

}  // namespace tgstats
