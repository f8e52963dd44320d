// What earlier versions have stored is still there, and right, after this one has opened it.

#include "tgstats/store/schema.h"

#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <sqlite3.h>

#include "tgstats/store/chat_policy.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/outbox.h"
#include "tgstats/store/plugin_state.h"
#include "tgstats/store/schema_formats_test.h"
#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

std::string bytes_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::set<std::string> column(Database& database, const std::string& sql) {
    std::set<std::string> values;
    auto rows = database.prepare(sql);
    while (rows.step()) values.emplace(rows.text(0));
    return values;
}

// Each table's rows, in the columns that it has.
using Contents = std::map<std::string, std::set<std::string>>;

std::string columns_of(Database& database, const std::string& table) {
    std::string list;
    auto columns = database.prepare("SELECT name FROM pragma_table_info('" + table + "')");
    while (columns.step())
        list += (list.empty() ? "quote(" : "||','||quote(") + std::string(columns.text(0)) + ")";
    return list;
}

std::map<std::string, std::string> shape_of(Database& database) {
    std::map<std::string, std::string> tables;
    for (const auto& name :
         column(database,
                "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE"
                " 'sqlite_%'"))
        tables.emplace(name, columns_of(database, name));
    return tables;
}

Contents contents(Database& database, const std::map<std::string, std::string>& shape) {
    Contents all;
    for (const auto& [table, columns] : shape)
        all[table] = column(database, "SELECT " + columns + " FROM " + table);
    return all;
}

std::int64_t format_of(Database& database) {
    auto statement = database.prepare("PRAGMA user_version");
    statement.step();
    return statement.integer(0);
}

std::set<std::string> definitions(Database& database) {
    return column(database,
                  "SELECT replace(replace(name||coalesce(sql,''),char(10),''),' ','')"
                  " FROM sqlite_master");
}

class SchemaTest : public StoreTest, public testing::WithParamInterface<int> {
protected:
    SchemaTest() { store.reset(); }

    // The file as a program of that format has left it.
    void leave(int format) {
        std::filesystem::remove_all(dir);
        std::filesystem::create_directories(dir);
        Database database(file());
        database.use_write_ahead_log();
        for (int i = 1; i <= format; ++i) {
            database.execute(tables_of_format(i));
            database.execute(rows_of_format(i));
        }
        database.execute("PRAGMA user_version=" + std::to_string(format));
        shape = shape_of(database);
        before = contents(database, shape);
        for (const auto& [table, rows] : before)
            EXPECT_EQ(rows.empty(), table == "outbox" && format == 1) << table;
    }
    // That of format 1 was made anew: no program had ever written to it.
    void forget_outbox() {
        before.erase("outbox");
        shape.erase("outbox");
    }
    [[nodiscard]] std::filesystem::path file() const { return dir / "tgstats.db"; }

    std::map<std::string, std::string> shape;
    Contents before;
};

TEST_P(SchemaTest, EverythingOfAnOlderFormatIsThere) {
    leave(GetParam());
    if (GetParam() == 1) forget_outbox();
    reopen();
    EXPECT_EQ(format_of(store->database()), newest_format);
    EXPECT_EQ(contents(store->database(), shape), before);
    EXPECT_TRUE(column(store->database(), "PRAGMA foreign_key_check").empty());
    EXPECT_EQ(column(store->database(), "PRAGMA integrity_check"), std::set<std::string>{"ok"});
    reopen();
    EXPECT_EQ(contents(store->database(), shape), before);
    store->recount(chat);  // what was counted then is what is counted now
    EXPECT_EQ(contents(store->database(), shape).at("rollups"), before.at("rollups"));
    EXPECT_EQ(contents(store->database(), shape).at("hours"), before.at("hours"));
}

TEST_P(SchemaTest, WhatIsOfAnOlderFormatIsUsed) {
    leave(GetParam());
    reopen();
    EXPECT_EQ(store->settings(chat).timezone, "Europe/Berlin");
    EXPECT_FALSE(store->settings(chat).capture_reactions);
    EXPECT_EQ(store->chat_ids(), std::vector<std::int64_t>{chat});
    EXPECT_EQ(store->current_chat_id(-7), chat);
    EXPECT_EQ(store->message(chat, 2)->text, "https://e.org 😀");
    EXPECT_TRUE(store->is_bot(9));
    EXPECT_EQ(ask("users", R"({"chat_id":-1001})").at("total_messages"), 3);
    EXPECT_EQ(journal_unhandled(*store, 10).at(0).update_id, 42);
    EXPECT_EQ(journal_append(*store, {0, 43, chat, "message", "{}"}, 5), std::nullopt);
    EXPECT_EQ(journal_append(*store, {0, 44, chat, "message", "{}"}, 5), 4);
    EXPECT_EQ(cursor(*store, "words"), 1);
    EXPECT_EQ(chat_policy(*store, chat).set_up, GetParam() >= 4);
    const auto waiting = outbox_waiting(*store);
    ASSERT_EQ(waiting.size(), GetParam() == 1 ? 0U : 2U);
    if (!waiting.empty()) {
        EXPECT_EQ(outbox_get(*store, 3)->files.at(0).bytes, std::string("\x89PNG\0\xFF", 6));
        EXPECT_EQ(waiting.at(1).sending, 1'700'000'062);
    }
    put(1, 5, 1'700'000'000, "edited");  // an edit replaces what was counted
    EXPECT_EQ(ask("users", R"({"chat_id":-1001})").at("total_messages"), 3);
    store->delete_messages(chat, {1, 3}, 1'700'100'000);
    EXPECT_EQ(ask("users", R"({"chat_id":-1001})").at("total_messages"), 1);
}

INSTANTIATE_TEST_SUITE_P(Formats, SchemaTest, testing::Range(1, old_formats + 1));

// What connections of the killed process do: die after so many of SQLite's steps.
long steps_left = 0;

int die_in_time(sqlite3* database, char** /*error*/, const sqlite3_api_routines* /*api*/) {
    const auto step = [](void* /*nothing*/) {
        return --steps_left > 0 ? 0 : ::kill(::getpid(), SIGKILL);
    };
    sqlite3_progress_handler(database, 1, step, nullptr);
    return SQLITE_OK;
}

// Opens the store in a process that dies after so many steps; false: it has come to its end.
bool killed_after(const std::filesystem::path& dir, long steps) {
    const auto child = ::fork();
    if (child == 0) {
        steps_left = steps;
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(die_in_time));
        ::_exit(Store::open(dir) ? 0 : 1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

using OldSchemaTest = SchemaTest;

TEST_F(OldSchemaTest, AKilledMigrationLeavesAWholeFormat) {
    std::map<std::int64_t, std::set<std::string>> whole;
    for (int format = 1; format <= old_formats; ++format) {
        leave(format);
        Database database(file());
        whole[format] = definitions(database);
    }
    leave(1);
    reopen();
    whole[newest_format] = definitions(store->database());
    store.reset();
    std::set<std::int64_t> met;
    constexpr long stride = 97;  // of some thousand steps
    bool killed = true;
    for (long steps = 1; killed; steps += stride) {
        leave(1);
        forget_outbox();
        killed = killed_after(dir, steps);
        Database database(file());
        const auto format = format_of(database);
        met.insert(format);
        EXPECT_EQ(definitions(database), whole.at(format)) << "killed after " << steps;
        EXPECT_EQ(contents(database, shape), before) << "killed after " << steps;
    }
    EXPECT_EQ(met.size(), static_cast<std::size_t>(newest_format));
    reopen();
    EXPECT_EQ(contents(store->database(), shape), before);
}

TEST_F(OldSchemaTest, ANewerFormatIsRefusedAndUntouched) {
    for (const auto* mode : {"wal", "delete"}) {
        leave(old_formats);
        {
            Database database(file());
            database.execute("PRAGMA user_version=99; CREATE TABLE newer(x TEXT) STRICT;");
        }
        {
            Database database(file());
            database.execute(std::string("PRAGMA journal_mode=") + mode);
        }
        const auto bytes = bytes_of(file());
        const auto opened = Store::open(dir);
        ASSERT_TRUE(opened.has_error());
        EXPECT_EQ(opened.error(), file().string() +
                                      ": cannot open the database: it was written by a newer"
                                      " tgstats (format 99, this program knows up to 7)");
        EXPECT_TRUE(bytes_of(file()) == bytes) << mode;
        EXPECT_FALSE(std::filesystem::exists(file().string() + "-wal")) << mode;
    }
}

}  // namespace
}  // namespace tgstats
