#include "tgstats/store/schema.h"

#include <array>

namespace tgstats {

namespace {

// An id that is not known is 0, a text that is not known is ''. Times are Unix seconds.
// rollups: sums for each user over one local day (span 2, start = days since 1970-01-01), one local
// month (span 1, start = year * 12 + month - 1) and all time (span 0, start = 0). thread_id 0 is
// the whole chat, others are forum topics. hours: messages of each local hour. reactions.user_id 0
// stands for people whose names are not given.
constexpr const char* version_1 = R"sql(
CREATE TABLE chats(
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, title TEXT NOT NULL, username TEXT NOT NULL,
    is_forum INTEGER NOT NULL DEFAULT 0, timezone TEXT NOT NULL DEFAULT 'UTC', locale TEXT NOT NULL
    DEFAULT 'en',
    store_text INTEGER NOT NULL DEFAULT 1, capture_reactions INTEGER NOT NULL DEFAULT 1,
    migrated_to INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE users(
    id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, username TEXT NOT
    NULL,
    is_bot INTEGER NOT NULL DEFAULT 0, imported INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE messages(
    chat_id INTEGER NOT NULL REFERENCES chats(id), message_id INTEGER NOT NULL, user_id INTEGER NOT
    NULL,
    sender_chat_id INTEGER NOT NULL, date INTEGER NOT NULL, edit_date INTEGER NOT NULL, thread_id
    INTEGER NOT NULL,
    reply_to_message_id INTEGER NOT NULL, reply_to_user_id INTEGER NOT NULL, text TEXT NOT NULL,
    length INTEGER NOT NULL, url_count INTEGER NOT NULL, emoji_count INTEGER NOT NULL, media_type
    TEXT NOT NULL,
    via_bot TEXT NOT NULL, forwarded_from TEXT NOT NULL,
    PRIMARY KEY(chat_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_date ON messages(chat_id, date);
CREATE INDEX messages_by_user ON messages(chat_id, user_id, date);

CREATE TABLE service_rows(
    chat_id INTEGER NOT NULL REFERENCES chats(id), message_id INTEGER NOT NULL, date INTEGER NOT
    NULL,
    actor_id INTEGER NOT NULL, action TEXT NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY(chat_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions(
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, user_id INTEGER NOT NULL, reaction TEXT
    NOT NULL,
    count INTEGER NOT NULL, date INTEGER NOT NULL, author_id INTEGER NOT NULL, thread_id INTEGER
    NOT NULL,
    PRIMARY KEY(chat_id, message_id, user_id, reaction)
) STRICT, WITHOUT ROWID;
CREATE INDEX reactions_by_date ON reactions(chat_id, date);

CREATE TABLE memberships(
    chat_id INTEGER NOT NULL REFERENCES chats(id), user_id INTEGER NOT NULL, status TEXT NOT NULL,
    joined INTEGER NOT NULL, left INTEGER NOT NULL,
    PRIMARY KEY(chat_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollups(
    chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, span INTEGER NOT NULL, start INTEGER NOT
    NULL,
    user_id INTEGER NOT NULL, messages INTEGER NOT NULL, active_days INTEGER NOT NULL, characters
    INTEGER NOT NULL,
    urls INTEGER NOT NULL, media INTEGER NOT NULL, replies_sent INTEGER NOT NULL, replies_received
    INTEGER NOT NULL,
    reactions_given INTEGER NOT NULL, reactions_received INTEGER NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY(chat_id, thread_id, span, start, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE hours(
    chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, day INTEGER NOT NULL, hour INTEGER NOT
    NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY(chat_id, thread_id, day, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL UNIQUE, chat_id INTEGER NOT
    NULL,
    kind TEXT NOT NULL, body TEXT NOT NULL, received INTEGER NOT NULL, handled INTEGER NOT NULL
    DEFAULT 0
) STRICT;
CREATE INDEX journal_unhandled ON journal(seq) WHERE handled = 0;

CREATE TABLE cursors(reader TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL, plugin TEXT NOT NULL, call
    TEXT NOT NULL
) STRICT;

CREATE TABLE plugin_state(
    plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY(plugin, key)
) STRICT, WITHOUT ROWID;
)sql";

// outbox.batch: the effects of one event have one number, that of the first; sending: when the
// request began whose end is not known yet, else 0. cursors.seen: when the reader was last there.
constexpr const char* version_2 = R"sql(
DROP TABLE outbox;
CREATE TABLE outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL, chat_id INTEGER NOT NULL,
    update_id INTEGER NOT NULL, plugin TEXT NOT NULL, method TEXT NOT NULL, params TEXT NOT NULL,
    created INTEGER NOT NULL, sending INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_batch ON outbox(batch);

CREATE TABLE outbox_files(
    entry INTEGER NOT NULL REFERENCES outbox(id) ON DELETE CASCADE, field TEXT NOT NULL,
    name TEXT NOT NULL, type TEXT NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_files_entry ON outbox_files(entry);

CREATE TABLE plugin_versions(
    plugin TEXT PRIMARY KEY, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE cursors ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX journal_bodies ON journal(received) WHERE body<>'';
)sql";

// chats.active: the bot is in it and may write there. journal.private: holds text of a chat that
// stores none; such a body goes as soon as nobody needs it. message_details and message_files: what
// only few messages have; they go and move with their message. deletions: messages known to be
// gone. topics.icon: a custom emoji's id. chat_titles.since: when a title was first seen.
// membership_changes.details: JSON of the rights and limits that came with the change.
constexpr const char* version_3 = R"sql(
ALTER TABLE chats ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN is_premium INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
CREATE INDEX journal_private ON journal(seq) WHERE private=1 AND body<>'';

CREATE TABLE message_details(
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, author_signature TEXT NOT NULL,
    album_id TEXT NOT NULL, protected INTEGER NOT NULL, entities TEXT NOT NULL,
    external_chat_id INTEGER NOT NULL, external_message_id INTEGER NOT NULL,
    forward_kind TEXT NOT NULL, forward_user_id INTEGER NOT NULL, forward_chat_id INTEGER NOT NULL,
    forward_message_id INTEGER NOT NULL, forward_signature TEXT NOT NULL,
    forward_date INTEGER NOT NULL, automatic_forward INTEGER NOT NULL,
    PRIMARY KEY(chat_id, message_id),
    FOREIGN KEY(chat_id, message_id) REFERENCES messages(chat_id, message_id)
        ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE message_files(
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, file_id TEXT NOT NULL,
    unique_id TEXT NOT NULL, name TEXT NOT NULL, mime_type TEXT NOT NULL, size INTEGER NOT NULL,
    duration INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    thumbnail_id TEXT NOT NULL,
    PRIMARY KEY(chat_id, message_id),
    FOREIGN KEY(chat_id, message_id) REFERENCES messages(chat_id, message_id)
        ON UPDATE CASCADE ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE deletions(
    chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, date INTEGER NOT NULL,
    PRIMARY KEY(chat_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE topics(
    chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, name TEXT NOT NULL, icon TEXT NOT NULL,
    created INTEGER NOT NULL, creator_id INTEGER NOT NULL, closed INTEGER NOT NULL,
    hidden INTEGER NOT NULL,
    PRIMARY KEY(chat_id, thread_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_titles(
    chat_id INTEGER NOT NULL, since INTEGER NOT NULL, title TEXT NOT NULL,
    actor_id INTEGER NOT NULL,
    PRIMARY KEY(chat_id, since)
) STRICT, WITHOUT ROWID;

CREATE TABLE membership_changes(
    id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    date INTEGER NOT NULL, actor_id INTEGER NOT NULL, from_status TEXT NOT NULL,
    to_status TEXT NOT NULL, details TEXT NOT NULL
) STRICT;
CREATE INDEX membership_changes_by_user ON membership_changes(chat_id, user_id, date);
CREATE INDEX membership_changes_by_date ON membership_changes(chat_id, date);
)sql";

// chat_policies: what admins decided beyond the columns of chats; days 0: kept without limit.
// counted_before: what was older has been deleted and its counts put into past_*; what comes again
// from before it (an import) is not counted once more.
// past_rollups, past_hours: the sums of messages and reactions that retention deleted, as rollups
// (span 2) and hours have them. opted_out.chat_id 0: everywhere. erasures: what is to be deleted
// and is not yet; kind: texts (of the chat, user 0), anonymise, delete.
constexpr const char* settings_tables = R"sql(
CREATE TABLE chat_policies(
    chat_id INTEGER PRIMARY KEY, set_up INTEGER NOT NULL DEFAULT 0,
    text_days INTEGER NOT NULL DEFAULT 0, metadata_days INTEGER NOT NULL DEFAULT 0,
    counted_before INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE stop_words(
    chat_id INTEGER NOT NULL, word TEXT NOT NULL, PRIMARY KEY(chat_id, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE opted_out(
    user_id INTEGER NOT NULL, chat_id INTEGER NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY(user_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures(
    chat_id INTEGER NOT NULL, user_id INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY(chat_id, user_id, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE past_rollups(
    chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, day INTEGER NOT NULL,
    user_id INTEGER NOT NULL, messages INTEGER NOT NULL, characters INTEGER NOT NULL,
    urls INTEGER NOT NULL, media INTEGER NOT NULL, replies_sent INTEGER NOT NULL,
    replies_received INTEGER NOT NULL, reactions_given INTEGER NOT NULL,
    reactions_received INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY(chat_id, thread_id, day, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE past_hours(
    chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, day INTEGER NOT NULL,
    hour INTEGER NOT NULL, messages INTEGER NOT NULL,
    PRIMARY KEY(chat_id, thread_id, day, hour)
) STRICT, WITHOUT ROWID;
)sql";

// business_chats: which chat of ours (store/business.h) is meant by a connection and the other
// person's id; several connections of one account mean the same.
constexpr const char* business_tables = R"sql(
CREATE TABLE business_connections(
    id TEXT PRIMARY KEY, user_id INTEGER NOT NULL, user_chat_id INTEGER NOT NULL,
    date INTEGER NOT NULL, enabled INTEGER NOT NULL, rights TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX business_connections_by_user ON business_connections(user_id);

CREATE TABLE business_chats(
    connection_id TEXT NOT NULL, person_id INTEGER NOT NULL, chat_id INTEGER NOT NULL,
    PRIMARY KEY(person_id, connection_id)
) STRICT, WITHOUT ROWID;
)sql";

// forgotten: what the person wrote up to then was deleted at their wish, and an import does not
// bring it back. chat_id 0: everywhere.
constexpr const char* forgotten_people = R"sql(
CREATE TABLE forgotten(
    user_id INTEGER NOT NULL, chat_id INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY(user_id, chat_id)
) STRICT, WITHOUT ROWID;
)sql";

// What the owner of a business account has decided about the texts of its chats.
constexpr const char* business_decisions = R"sql(
CREATE TABLE business_accounts(
    user_id INTEGER PRIMARY KEY, store_text INTEGER NOT NULL, text_days INTEGER NOT NULL
) STRICT;
)sql";

constexpr std::array migrations{version_1,         version_2,       version_3,
                                settings_tables,   business_tables, forgotten_people,
                                business_decisions};

std::int64_t user_version(Database& database) {
    auto statement = database.prepare("PRAGMA user_version");
    return statement.step() ? statement.integer(0) : 0;
}

}  // namespace

void migrate_schema(Database& database) {
    const auto newest = static_cast<std::int64_t>(migrations.size());
    auto version = user_version(database);
    if (version > newest)
        throw SqlError(0, "it was written by a newer tgstats (format " + std::to_string(version) +
                              ", this program knows up to " + std::to_string(newest) + ")");
    database.use_write_ahead_log();
    for (; version < newest; ++version) {
        Transaction transaction(database);
        database.execute(migrations[static_cast<std::size_t>(version)]);
        database.execute("PRAGMA user_version=" + std::to_string(version + 1));
        transaction.commit();
    }
}

}  // namespace tgstats
