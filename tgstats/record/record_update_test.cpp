#include "tgstats/record/record_update.h"

#include <gtest/gtest.h>

#include "tgstats/record/record_fixture.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

TEST_F(RecordTest, MessageOnceForEachUpdate) {
    const auto text = message(
        7, 1, 5, R"("text":"see a.b 😀","entities":[{"type":"url","offset":4,"length":3}])");
    EXPECT_FALSE(record(text).duplicate);
    EXPECT_TRUE(record(text).duplicate);
    const auto row = user(5);
    EXPECT_EQ(row.at("messages"), 1);
    EXPECT_EQ(row.at("characters"), 9);
    EXPECT_EQ(row.at("urls"), 1);
    EXPECT_EQ(row.at("media"), 0);
    EXPECT_EQ(store->message(chat, 1)->emoji_count, 1);
    EXPECT_EQ(journal_unhandled(*store, 10).size(), 1U);
    EXPECT_TRUE(record_update(*store, json::parse(R"({"x":1})").as_object(), 1).has_error());
}

TEST_F(RecordTest, EditsRepliesMediaAndTopics) {
    record(message(1, 1, 5, R"("text":"first")"));
    record(message(2, 2, 6,
                   R"("caption":"look","photo":[{}],"reply_to_message":{"message_id":1,"date":1,)" +
                       chat_json + R"(,"from":{"id":5,"is_bot":false,"first_name":"U5"}})"));
    record(message(3, 3, 5,
                   R"("text":"to myself","reply_to_message":{"message_id":1,"date":1,)" +
                       chat_json + R"(,"from":{"id":5,"is_bot":false,"first_name":"U5"}})"));
    record(message(
        4, 4, 6,
        R"("text":"in a topic","message_thread_id":77,"is_topic_message":true,"reply_to_message":)"
        R"({"message_id":77,"forum_topic_created":{},)" +
            chat_json + "}"));
    record(as_kind(message(5, 1, 5, R"("edit_date":1790000050,"text":"first, longer")"),
                   "edited_message"));
    EXPECT_EQ(user(5).at("replies_sent"), 0);
    EXPECT_EQ(user(5).at("replies_received"), 1);
    EXPECT_EQ(user(5).at("characters"), 13 + 9);
    EXPECT_EQ(user(6).at("replies_sent"), 1);
    EXPECT_EQ(user(6).at("media"), 1);
    EXPECT_EQ(store->message(chat, 1)->edit_date, 1'790'000'050);
    EXPECT_EQ(ask("users", R"({"chat_id":-1001,"thread_id":77})").at("total_messages"), 1);
}

TEST_F(RecordTest, ServiceBotsAnonymousAndMembers) {
    record(message(1, 1, 5, R"("new_chat_members":[{"id":8,"is_bot":false,"first_name":"New"}])"));
    auto bot = message(2, 2, 9, R"("text":"beep")");
    bot.replace(bot.find("false"), 5, "true");
    record(bot);
    record(message(3, 3, 1'087'968'824,
                   R"("text":"as the group","sender_chat":{"id":-1001,"type":"supergroup",)"
                   R"("title":"T"})"));
    record(R"({"update_id":4,"chat_member":{)" + chat_json +
           R"(,"date":1790000100,"from":{"id":5,"is_bot":false,)"
           R"("first_name":"U5"},"new_chat_member":{"status":"kicked","user":{"id":8,)"
           R"("is_bot":false,"first_name":"New"}}}})");
    const auto totals = ask("users", R"({"chat_id":-1001})");
    EXPECT_EQ(totals.at("total_messages"), 1);
    EXPECT_EQ(user(chat).at("user").at("first_name"), "T");
    EXPECT_EQ(count("service_rows"), 1);
    auto member =
        store->database().prepare("SELECT status, joined, left FROM memberships WHERE user_id=8");
    ASSERT_TRUE(member.step());
    EXPECT_EQ(member.text(0), "kicked");
    EXPECT_EQ(member.integer(1), 1'790'000'000);
    EXPECT_EQ(member.integer(2), 1'790'000'100);
}

TEST_F(RecordTest, Reactions) {
    record(message(1, 1, 5, R"("text":"a")"));
    const auto reaction = [&](int update, const std::string& now) {
        return R"({"update_id":)" + std::to_string(update) +
               R"(,"message_reaction":{"message_id":1,"date":1790000009,)" + chat_json +
               R"(,"user":{"id":6,"is_bot":false,"first_name":"U6"},"old_reaction":[],)"
               R"("new_reaction":)" +
               now + "}}";
    };
    record(reaction(
        2, R"([{"type":"emoji","emoji":"👍"},{"type":"custom_emoji","custom_emoji_id":"9"}])"));
    EXPECT_EQ(user(5).at("reactions_received"), 2);
    record(reaction(3, "[]"));
    EXPECT_EQ(user(5).at("reactions_received"), 0);
    record(R"({"update_id":4,"message_reaction_count":{"message_id":1,"date":1790000009,)" +
           chat_json +
           R"(,"reactions":[{"type":{"type":"emoji","emoji":"👍"},"total_count":4}]}})");
    EXPECT_EQ(user(5).at("reactions_received"), 4);
    record(reaction(5, R"([{"type":"emoji","emoji":"🔥"}])").replace(1, 13, R"("update_id":6)"));
    EXPECT_EQ(user(6).at("reactions_given"), 1);
}

}  // namespace
}  // namespace tgstats
