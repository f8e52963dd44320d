// That nothing which is stored about a person is missing in what they are told: every table and
// column of the schema is looked at, so that one that is added cannot be forgotten.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "tgstats/settings/my_data.h"
#include "tgstats/store/person_fixture.h"

namespace tgstats {
namespace {

namespace json = boost::json;

constexpr std::int64_t somebody = 7'000'007;
constexpr std::int64_t somebody_else = 8'000'008;

// Tables that are not told, and why.
const std::map<std::string, std::string> tables_of_nobody{
    {"cursors", "how far plugins have read"},
    {"plugin_versions", "of plugins, not of people"},
    {"plugin_state", "what plugins keep is theirs: only they know what it means"},
};

// Rows of others, by what names the person in them: what is told is this, and the naming column.
const std::map<std::string, std::set<std::string>> rows_of_others{
    {"messages.reply_to_user_id",
     {"chat_id", "message_id", "user_id", "date", "thread_id", "reply_to_message_id"}},
    {"message_details.forward_user_id", {"chat_id", "message_id", "forward_kind", "forward_date"}},
    {"message_details.entities",
     {"chat_id", "message_id", "forward_kind", "forward_user_id", "forward_date"}},
    {"service_rows.details", {"chat_id", "message_id", "date", "actor_id", "action"}},
    {"journal.body", {"seq", "update_id", "chat_id", "kind", "received", "handled", "private"}},
    {"outbox.params",
     {"id", "batch", "chat_id", "update_id", "plugin", "method", "created", "sending"}},
};

Store an_empty_store(const std::filesystem::path& folder) {
    auto store = Store::open(folder);
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
}

json::object document_of(StoreThread& store, asio::io_context& loop, std::int64_t user_id,
                         std::size_t bytes_max = my_data_bytes_max) {
    std::string document;
    std::exception_ptr fault;
    asio::co_spawn(loop, my_data(store, user_id, 2'000'001, bytes_max),
                   [&](std::exception_ptr error, std::string text) {
                       fault = error;
                       document = std::move(text);
                   });
    loop.restart();
    loop.run();
    if (fault) std::rethrow_exception(fault);
    return json::parse(document).as_object();
}

bool is_told(const json::object& told, const FilledRow& row) {
    const auto others = rows_of_others.find(row.table + "." + row.by);
    for (const auto& [column, value] : row.values) {
        const bool hidden =
            others != rows_of_others.end() && column != row.by && !others->second.contains(column);
        const auto* found = told.if_contains(column);
        if (hidden ? found != nullptr && !found->is_null() && column != "entities"
                   : found == nullptr || *found != value)
            return false;
    }
    return true;
}

class MyDataSchemaTest : public testing::Test {
protected:
    MyDataSchemaTest() : opened(an_empty_store(folder.path())) {
        const FilledStore filled(opened, somebody);
        tables = PersonColumns(opened.database()).tables();
        rows = filled.rows;
    }

    hotreload::TempFolder folder;
    Store opened;
    std::vector<std::string> tables;
    std::vector<FilledRow> rows;
    asio::io_context loop;
};

TEST_F(MyDataSchemaTest, EveryTableIsToldOrNobodys) {
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto document = document_of(store, loop, somebody);
    for (const auto& table : tables) {
        EXPECT_NE(document.contains(table), tables_of_nobody.contains(table)) << table;
        if (document.contains(table)) {
            EXPECT_FALSE(document.at(table).as_array().empty()) << table;
        }
    }
    EXPECT_EQ(document.at("complete"), true);
}

TEST_F(MyDataSchemaTest, EveryColumnOfEveryRowThatNamesThePersonIsTold) {
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto document = document_of(store, loop, somebody);
    ASSERT_GT(rows.size(), 40U);
    for (const auto& row : rows) {
        ASSERT_TRUE(document.contains(row.table)) << row.table;
        const auto& told = document.at(row.table).as_array();
        EXPECT_TRUE(std::ranges::any_of(
            told, [&](const json::value& one) { return is_told(one.as_object(), row); }))
            << row.table << " by " << row.by << ": "
            << json::serialize(json::object(row.values.begin(), row.values.end())) << "\n in "
            << json::serialize(told);
    }
}

TEST_F(MyDataSchemaTest, NothingOfOthersIsTold) {
    const FilledStore others(opened, somebody_else);
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto text = json::serialize(document_of(store, loop, somebody));
    std::size_t looked_at = 0;
    for (const auto& row : others.rows)
        for (const auto& [column, value] : row.values)
            if (const auto* words = value.if_string(); words != nullptr && words->size() > 8) {
                ++looked_at;
                EXPECT_EQ(text.find(*words), std::string::npos) << row.table << ": " << *words;
            }
    EXPECT_GT(looked_at, 50U);
}

TEST_F(MyDataSchemaTest, WhereTheBoundIsReachedItSaysThatItIsNotComplete) {
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto whole = document_of(store, loop, somebody);
    const auto size = json::serialize(whole).size();
    for (const auto bytes_max : {std::size_t{1}, size / 10, size / 2, size - 100}) {
        const auto part = document_of(store, loop, somebody, bytes_max);
        EXPECT_EQ(part.at("complete"), false) << bytes_max;
        EXPECT_LT(json::serialize(part).size(), bytes_max + 1'000);
    }
}

}  // namespace
}  // namespace tgstats
