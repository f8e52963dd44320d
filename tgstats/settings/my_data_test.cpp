#include "tgstats/settings/my_data.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "tgstats/settings/person_rows.h"
#include "tgstats/store/business.h"
#include "tgstats/store/details.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/outbox.h"

namespace tgstats {
namespace {

namespace json = boost::json;

constexpr std::int64_t left_group = -5;

Store with_ada(const std::filesystem::path& folder) {
    auto store = Store::open(folder);
    if (!store) throw std::runtime_error(store.error());
    store->put_chat({left_group, "group", "Left", "", false});
    store->put_message(
        {.chat_id = left_group, .message_id = 1, .user_id = 7, .date = 1'000, .text = "words"});
    put_file(*store, left_group, 1, MessageFile{.file_id = "F", .name = "my will.pdf"});
    MessageDetails details{.chat_id = left_group, .message_id = 1};
    details.author_signature = "Ada L.";
    details.entities = R"([{"type":"bold"}])";
    put_details(*store, details);
    store->put_membership({.chat_id = left_group,
                           .user_id = 7,
                           .status = "member",
                           .date = 900,
                           .from = "left",
                           .actor_id = 8,
                           .details = R"({"via_join_request":true})"});
    store->set_active(left_group, false);
    return std::move(*store);
}

json::object exported(StoreThread& store, asio::io_context& loop) {
    std::string document;
    std::exception_ptr fault;
    asio::co_spawn(loop, my_data(store, 7, 2'000), [&](std::exception_ptr error, std::string text) {
        fault = error;
        document = std::move(text);
    });
    loop.run();
    if (fault) std::rethrow_exception(fault);
    json::parse_options deep;
    deep.max_depth = 256;
    return json::parse(document, {}, deep).as_object();
}

TEST(MyDataTest, HoldsFilesDetailsAndChangesAlsoOfGroupsThatTheBotHasLeft) {
    const hotreload::TempFolder folder;
    asio::io_context loop;
    StoreThread store(loop.get_executor(), with_ada(folder.path()));
    const auto document = exported(store, loop);
    EXPECT_EQ(document.at("chats").at(0).at("title"), "Left");
    const auto& change = document.at("membership_changes").at(0).as_object();
    EXPECT_EQ(change.at("to_status"), "member");
    EXPECT_EQ(change.at("actor_id"), 8);
    EXPECT_EQ(change.at("details").at("via_join_request"), true);
    EXPECT_EQ(document.at("messages").at(0).at("text"), "words");
    EXPECT_EQ(document.at("message_files").at(0).at("name"), "my will.pdf");
    const auto& details = document.at("message_details").at(0).as_object();
    EXPECT_EQ(details.at("author_signature"), "Ada L.");
    EXPECT_EQ(details.at("entities").at(0).at("type"), "bold");
    EXPECT_EQ(document.at("rollups").at(0).at("messages"), 1);
    EXPECT_EQ(document.at("complete"), true);
}

// More than one step looks at, of two people in turn.
TEST(MyDataTest, HoldsEveryRowOfATableThatIsReadInSteps) {
    const hotreload::TempFolder folder;
    auto opened = with_ada(folder.path());
    constexpr std::int64_t others = 2 * person_rows_step;
    {
        Transaction transaction(opened.database());
        for (std::int64_t id = 2; id < 2 + others; ++id)
            opened.insert_message({.chat_id = left_group,
                                   .message_id = id,
                                   .user_id = 7 + id % 2,
                                   .date = 1'000 + id});
        transaction.commit();
    }
    asio::io_context loop;
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto document = exported(store, loop);
    const auto& messages = document.at("messages").as_array();
    ASSERT_EQ(messages.size(), static_cast<std::size_t>(1 + others / 2));
    for (std::size_t i = 1; i < messages.size(); ++i)
        EXPECT_EQ(messages[i].at("message_id"), 2 * static_cast<std::int64_t>(i));
    EXPECT_EQ(document.at("complete"), true);
}

TEST(MyDataTest, HoldsWhatWaitsToBeSaidToThemButNotWhatAGroupIsAnswered) {
    const hotreload::TempFolder folder;
    auto opened = with_ada(folder.path());
    journal_append(
        opened, {0, 50, left_group, "message", R"({"message":{"from":{"id":7,"is_bot":false}}})"},
        1);
    OutboxEntry answer{.chat_id = left_group, .update_id = 50, .plugin = "top", .method = "send"};
    answer.params = R"({"chat_id":-5,"text":"1. Boris"})";
    outbox_put(opened, answer);
    OutboxEntry said{.chat_id = 7, .plugin = "p", .method = "sendMessage"};
    said.params = R"({"chat_id":7,"text":"for Ada"})";
    outbox_put(opened, said);
    asio::io_context loop;
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto& document = exported(store, loop);
    const auto& letters = document.at("outbox").as_array();
    ASSERT_EQ(letters.size(), 2U);
    EXPECT_EQ(letters[0].at("plugin"), "top");
    EXPECT_TRUE(letters[0].at("params").is_null());
    EXPECT_EQ(letters[1].at("params").at("text"), "for Ada");
}

TEST(MyDataTest, HoldsTheChatsOfTheirBusinessAccount) {
    const hotreload::TempFolder folder;
    auto opened = with_ada(folder.path());
    put_business_connection(opened, {.id = "B", .user_id = 7, .user_chat_id = 7, .rights = "{}"});
    const auto chat = open_business_chat(opened, "B", 8);
    asio::io_context loop;
    StoreThread store(loop.get_executor(), std::move(opened));
    const auto document = exported(store, loop);
    EXPECT_EQ(document.at("business_connections").at(0).at("id"), "B");
    EXPECT_EQ(document.at("business_chats").at(0).at("chat_id"), chat);
}

TEST(MyDataTest, HoldsWhatWasKeptAsJsonWholeOrNotAtAll) {
    const hotreload::TempFolder folder;
    auto filled = with_ada(folder.path());
    const auto deep = std::string(50, '[') + std::string(50, ']');
    for (const auto& [message_id, entities] :
         {std::pair(2, deep), std::pair(3, std::string("[1e99999]"))}) {
        filled.put_message({.chat_id = left_group,
                            .message_id = message_id,
                            .user_id = 7,
                            .date = 2'000,
                            .text = "more"});
        MessageDetails details{.chat_id = left_group, .message_id = message_id};
        details.entities = entities;
        put_details(filled, details);
    }
    asio::io_context loop;
    StoreThread store(loop.get_executor(), std::move(filled));
    const auto document = exported(store, loop);
    const auto& details = document.at("message_details").as_array();
    ASSERT_EQ(details.size(), 3U);
    EXPECT_EQ(json::serialize(details[1].at("entities")), deep);
    EXPECT_TRUE(details[2].at("entities").is_null());
}

}  // namespace
}  // namespace tgstats
