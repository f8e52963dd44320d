#include "tgstats/settings/my_data.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "tgstats/store/details.h"

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
    return json::parse(document).as_object();
}

TEST(MyDataTest, HoldsFilesDetailsAndChangesAlsoOfGroupsThatTheBotHasLeft) {
    const hotreload::TempFolder folder;
    asio::io_context loop;
    StoreThread store(loop.get_executor(), with_ada(folder.path()));
    const auto document = exported(store, loop);
    ASSERT_EQ(document.at("chats").as_array().size(), 1U);
    const auto& chat = document.at("chats").at(0).as_object();
    const auto& change = chat.at("membership_changes").at(0).as_object();
    EXPECT_EQ(change.at("to"), "member");
    EXPECT_EQ(change.at("by"), 8);
    EXPECT_EQ(change.at("details").at("via_join_request"), true);
    const auto& message = chat.at("messages").at(0).as_object();
    EXPECT_EQ(message.at("text"), "words");
    EXPECT_EQ(message.at("file").at("file_name"), "my will.pdf");
    EXPECT_EQ(message.at("details").at("author_signature"), "Ada L.");
    EXPECT_EQ(message.at("details").at("entities").at(0).at("type"), "bold");
}

}  // namespace
}  // namespace tgstats
