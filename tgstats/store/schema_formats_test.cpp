#include "tgstats/store/schema_formats_test.h"

#include <array>

namespace tgstats {
namespace {

constexpr const char* tables_of_1 = R"sql(
CREATE TABLE chats( id INTEGER PRIMARY KEY, type TEXT NOT NULL, title TEXT NOT NULL, username TEXT
    NOT NULL, is_forum INTEGER NOT NULL DEFAULT 0, timezone TEXT NOT NULL DEFAULT 'UTC', locale
    TEXT NOT NULL DEFAULT 'en', store_text INTEGER NOT NULL DEFAULT 1, capture_reactions INTEGER
    NOT NULL DEFAULT 1, migrated_to INTEGER NOT NULL DEFAULT 0 ) STRICT;
CREATE TABLE users( id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
    username TEXT NOT NULL, is_bot INTEGER NOT NULL DEFAULT 0, imported INTEGER NOT NULL DEFAULT 0
    ) STRICT;
CREATE TABLE messages( chat_id INTEGER NOT NULL REFERENCES chats(id), message_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL, sender_chat_id INTEGER NOT NULL, date INTEGER NOT NULL, edit_date
    INTEGER NOT NULL, thread_id INTEGER NOT NULL, reply_to_message_id INTEGER NOT NULL,
    reply_to_user_id INTEGER NOT NULL, text TEXT NOT NULL, length INTEGER NOT NULL, url_count
    INTEGER NOT NULL, emoji_count INTEGER NOT NULL, media_type TEXT NOT NULL, via_bot TEXT NOT
    NULL, forwarded_from TEXT NOT NULL, PRIMARY KEY(chat_id, message_id) ) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_date ON messages(chat_id, date);
CREATE INDEX messages_by_user ON messages(chat_id, user_id, date);
CREATE TABLE service_rows( chat_id INTEGER NOT NULL REFERENCES chats(id), message_id INTEGER NOT
    NULL, date INTEGER NOT NULL, actor_id INTEGER NOT NULL, action TEXT NOT NULL, details TEXT NOT
    NULL, PRIMARY KEY(chat_id, message_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE reactions( chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, user_id INTEGER NOT
    NULL, reaction TEXT NOT NULL, count INTEGER NOT NULL, date INTEGER NOT NULL, author_id INTEGER
    NOT NULL, thread_id INTEGER NOT NULL, PRIMARY KEY(chat_id, message_id, user_id, reaction) )
    STRICT, WITHOUT ROWID;
CREATE INDEX reactions_by_date ON reactions(chat_id, date);
CREATE TABLE memberships( chat_id INTEGER NOT NULL REFERENCES chats(id), user_id INTEGER NOT NULL,
    status TEXT NOT NULL, joined INTEGER NOT NULL, left INTEGER NOT NULL, PRIMARY KEY(chat_id,
    user_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE rollups( chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, span INTEGER NOT NULL,
    start INTEGER NOT NULL, user_id INTEGER NOT NULL, messages INTEGER NOT NULL, active_days
    INTEGER NOT NULL, characters INTEGER NOT NULL, urls INTEGER NOT NULL, media INTEGER NOT NULL,
    replies_sent INTEGER NOT NULL, replies_received INTEGER NOT NULL, reactions_given INTEGER NOT
    NULL, reactions_received INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY(chat_id, thread_id, span, start, user_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE hours( chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, day INTEGER NOT NULL,
    hour INTEGER NOT NULL, messages INTEGER NOT NULL, PRIMARY KEY(chat_id, thread_id, day, hour) )
    STRICT, WITHOUT ROWID;
CREATE TABLE journal( seq INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL UNIQUE,
    chat_id INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, received INTEGER NOT NULL,
    handled INTEGER NOT NULL DEFAULT 0 ) STRICT;
CREATE INDEX journal_unhandled ON journal(seq) WHERE handled = 0;
CREATE TABLE cursors(reader TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox( id INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL, plugin TEXT
    NOT NULL, call TEXT NOT NULL ) STRICT;
CREATE TABLE plugin_state( plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY
    KEY(plugin, key) ) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* rows_of_1 = R"sql(
INSERT INTO chats VALUES
    (-1001, 'supergroup', 'Test', 'test', 1, 'Europe/Berlin', 'de', 1, 0, 0),
    (-7, 'group', 'Old', '', 0, 'UTC', 'en', 1, 1, -1001);
INSERT INTO users VALUES (5, 'Ada', 'L', 'ada', 0, 0), (6, 'Boris', '', '', 0, 1),
    (9, 'Bot', '', 'a_bot', 1, 0);
INSERT INTO messages VALUES
    (-1001, 1, 5, 0, 1700000000, 0, 0, 0, 0, 'hello', 5, 0, 0, '', '', ''),
    (-1001, 2, 6, 0, 1700000060, 1700000090, 4, 1, 5, 'https://e.org 😀', 15, 1, 1, '', '', ''),
    (-1001, 3, 5, 0, 1700090000, 0, 0, 0, 0, '', 0, 0, 0, 'photo', '', 'Eve'),
    (-1001, 4, 9, 0, 1700090001, 0, 0, 3, 5, 'a picture', 9, 0, 0, '', '', '');
INSERT INTO service_rows VALUES (-1001, 10, 1700000001, 5, 'pin_message', '{"message_id":1}');
INSERT INTO reactions VALUES (-1001, 1, 6, '👍', 1, 1700000100, 5, 0);
INSERT INTO memberships VALUES (-1001, 5, 'administrator', 1600000000, 0),
    (-1001, 6, 'left', 1600000001, 1700090002);
INSERT INTO rollups VALUES
    (-1001, 0, 0, 0, 5, 2, 2, 5, 0, 1, 0, 1, 0, 1, 1700000000, 1700090000),
    (-1001, 0, 0, 0, 6, 1, 1, 15, 1, 0, 1, 0, 1, 0, 1700000060, 1700000060),
    (-1001, 0, 1, 24286, 5, 2, 2, 5, 0, 1, 0, 1, 0, 1, 1700000000, 1700090000),
    (-1001, 0, 1, 24286, 6, 1, 1, 15, 1, 0, 1, 0, 1, 0, 1700000060, 1700000060),
    (-1001, 0, 2, 19675, 5, 1, 0, 5, 0, 0, 0, 1, 0, 1, 1700000000, 1700000000),
    (-1001, 0, 2, 19675, 6, 1, 0, 15, 1, 0, 1, 0, 1, 0, 1700000060, 1700000060),
    (-1001, 0, 2, 19677, 5, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1700090000, 1700090000),
    (-1001, 4, 0, 0, 5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
    (-1001, 4, 0, 0, 6, 1, 1, 15, 1, 0, 1, 0, 0, 0, 1700000060, 1700000060),
    (-1001, 4, 1, 24286, 5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
    (-1001, 4, 1, 24286, 6, 1, 1, 15, 1, 0, 1, 0, 0, 0, 1700000060, 1700000060),
    (-1001, 4, 2, 19675, 5, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
    (-1001, 4, 2, 19675, 6, 1, 0, 15, 1, 0, 1, 0, 0, 0, 1700000060, 1700000060);
INSERT INTO hours VALUES (-1001, 0, 19675, 23, 2), (-1001, 0, 19677, 0, 1),
    (-1001, 4, 19675, 23, 1);
INSERT INTO journal VALUES
    (1, 41, -1001, 'message', '{"update_id":41}', 1700000000, 1),
    (2, 42, -1001, 'message', '{"update_id":42}', 1700000060, 0),
    (3, 43, -1001, 'message', '', 1690000000, 1);
INSERT INTO cursors VALUES ('words', 1);
INSERT INTO plugin_state VALUES ('words', 'count', '7'), ('words', 'chat:-1001', '{"a":[1]}');
)sql";

constexpr const char* tables_of_2 = R"sql(
DROP TABLE outbox;
CREATE TABLE outbox( id INTEGER PRIMARY KEY AUTOINCREMENT, batch INTEGER NOT NULL, chat_id INTEGER
    NOT NULL, update_id INTEGER NOT NULL, plugin TEXT NOT NULL, method TEXT NOT NULL, params TEXT
    NOT NULL, created INTEGER NOT NULL, sending INTEGER NOT NULL DEFAULT 0 ) STRICT;
CREATE INDEX outbox_batch ON outbox(batch);
CREATE TABLE outbox_files( entry INTEGER NOT NULL REFERENCES outbox(id) ON DELETE CASCADE, field
    TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, bytes BLOB NOT NULL ) STRICT;
CREATE INDEX outbox_files_entry ON outbox_files(entry);
CREATE TABLE plugin_versions( plugin TEXT PRIMARY KEY, version INTEGER NOT NULL ) STRICT, WITHOUT
    ROWID;
ALTER TABLE cursors ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX journal_bodies ON journal(received) WHERE body<>'';
)sql";

constexpr const char* rows_of_2 = R"sql(
UPDATE cursors SET seen=1700000200;
INSERT INTO outbox VALUES
    (3, 3, -1001, 42, 'words', 'sendPhoto', '{"chat_id":-1001}', 1700000061, 0),
    (4, 3, -1001, 42, 'words', 'sendMessage', '{"chat_id":-1001,"text":"x"}', 1700000061,
        1700000062);
INSERT INTO outbox_files VALUES (3, 'photo', 'p.png', 'image/png', x'89504E4700FF');
INSERT INTO plugin_versions VALUES ('words', 3);
)sql";

constexpr const char* tables_of_3 = R"sql(
ALTER TABLE chats ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN is_premium INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN private INTEGER NOT NULL DEFAULT 0;
CREATE INDEX journal_private ON journal(seq) WHERE private=1 AND body<>'';
CREATE TABLE message_details( chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL,
    author_signature TEXT NOT NULL, album_id TEXT NOT NULL, protected INTEGER NOT NULL, entities
    TEXT NOT NULL, external_chat_id INTEGER NOT NULL, external_message_id INTEGER NOT NULL,
    forward_kind TEXT NOT NULL, forward_user_id INTEGER NOT NULL, forward_chat_id INTEGER NOT
    NULL, forward_message_id INTEGER NOT NULL, forward_signature TEXT NOT NULL, forward_date
    INTEGER NOT NULL, automatic_forward INTEGER NOT NULL, PRIMARY KEY(chat_id, message_id),
    FOREIGN KEY(chat_id, message_id) REFERENCES messages(chat_id, message_id) ON UPDATE CASCADE ON
    DELETE CASCADE ) STRICT, WITHOUT ROWID;
CREATE TABLE message_files( chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, file_id TEXT
    NOT NULL, unique_id TEXT NOT NULL, name TEXT NOT NULL, mime_type TEXT NOT NULL, size INTEGER
    NOT NULL, duration INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    thumbnail_id TEXT NOT NULL, PRIMARY KEY(chat_id, message_id), FOREIGN KEY(chat_id, message_id)
    REFERENCES messages(chat_id, message_id) ON UPDATE CASCADE ON DELETE CASCADE ) STRICT, WITHOUT
    ROWID;
CREATE TABLE deletions( chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, date INTEGER NOT
    NULL, PRIMARY KEY(chat_id, message_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE topics( chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, name TEXT NOT NULL,
    icon TEXT NOT NULL, created INTEGER NOT NULL, creator_id INTEGER NOT NULL, closed INTEGER NOT
    NULL, hidden INTEGER NOT NULL, PRIMARY KEY(chat_id, thread_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE chat_titles( chat_id INTEGER NOT NULL, since INTEGER NOT NULL, title TEXT NOT NULL,
    actor_id INTEGER NOT NULL, PRIMARY KEY(chat_id, since) ) STRICT, WITHOUT ROWID;
CREATE TABLE membership_changes( id INTEGER PRIMARY KEY, chat_id INTEGER NOT NULL, user_id INTEGER
    NOT NULL, date INTEGER NOT NULL, actor_id INTEGER NOT NULL, from_status TEXT NOT NULL,
    to_status TEXT NOT NULL, details TEXT NOT NULL ) STRICT;
CREATE INDEX membership_changes_by_user ON membership_changes(chat_id, user_id, date);
CREATE INDEX membership_changes_by_date ON membership_changes(chat_id, date);
)sql";

constexpr const char* rows_of_3 = R"sql(
UPDATE chats SET active=0 WHERE id=-7;
UPDATE users SET language='de', is_premium=1 WHERE id=5;
UPDATE journal SET private=1 WHERE seq=2;
INSERT INTO message_details VALUES
    (-1001, 3, 'sig', '77', 1, '[{"type":"bold"}]', -55, 8, 'user', 12, 0, 0, '', 1690000000, 1);
INSERT INTO message_files VALUES
    (-1001, 3, 'f', 'u', 'p.jpg', 'image/jpeg', 100, 0, 20, 10, 't');
INSERT INTO deletions VALUES (-1001, 30, 1700000300);
INSERT INTO topics VALUES (-1001, 4, 'News', 'e1', 1600000002, 5, 0, 1);
INSERT INTO chat_titles VALUES (-1001, 1600000000, 'Before', 5), (-1001, 1650000000, 'Test', 6);
INSERT INTO membership_changes VALUES
    (1, -1001, 6, 1700090002, 5, 'member', 'left', '{"until_date":0}');
)sql";

constexpr const char* tables_of_4 = R"sql(
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

constexpr const char* rows_of_4 = R"sql(
INSERT INTO chat_policies VALUES (-1001, 1, 30, 365, 1500000000);
INSERT INTO stop_words VALUES (-1001, 'und');
INSERT INTO opted_out VALUES (88, 0, 1700000400);
INSERT INTO erasures VALUES (-2002, 88, 'anonymise');
INSERT INTO past_rollups VALUES
    (-2002, 0, 15000, 7, 2, 9, 0, 1, 0, 0, 0, 0, 1296000001, 1296000002);
INSERT INTO past_hours VALUES (-2002, 0, 15000, 3, 2);
)sql";

constexpr const char* tables_of_5 = R"sql(
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

constexpr const char* rows_of_5 = R"sql(
INSERT INTO business_connections VALUES ('c1', 5, 5, 1700000500, 1, '{"can_reply":true}');
INSERT INTO business_chats VALUES ('c1', 9, -8000000000000001);
)sql";

constexpr const char* tables_of_6 = R"sql(
CREATE TABLE forgotten(
    user_id INTEGER NOT NULL, chat_id INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY(user_id, chat_id)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* rows_of_6 = R"sql(
INSERT INTO forgotten VALUES (77, 0, 1700000600), (77, -2002, 1700000601);
)sql";

constexpr std::array format_tables{tables_of_1, tables_of_2, tables_of_3,
                                   tables_of_4, tables_of_5, tables_of_6};
constexpr std::array format_rows{rows_of_1, rows_of_2, rows_of_3, rows_of_4, rows_of_5, rows_of_6};
static_assert(format_tables.size() == old_formats && format_rows.size() == old_formats);

}  // namespace

const char* tables_of_format(int format) {
    return format_tables.at(static_cast<std::size_t>(format - 1));
}
const char* rows_of_format(int format) {
    return format_rows.at(static_cast<std::size_t>(format - 1));
}

}  // namespace tgstats
