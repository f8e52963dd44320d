// Business accounts as people use them, and what a bot gets to know and may not do.

#include "tgstats/playground/fixture_test.h"

namespace tgstats::playground {
namespace {

const json::object owner{{"id", 7}, {"first_name", "Olga"}};
const json::object customer{{"id", 8}, {"first_name", "Carl"}};

class BusinessAccountTest : public PlaygroundFixture {
protected:
    std::string connect(const json::object& user = owner) {
        const auto made = page("business/connections", {{"user", user}});
        return std::string(made.at("connection_id").as_string());
    }
    json::value write(const std::string& connection, const json::object& from,
                      const std::string& text) {
        return page(
            "business/messages",
            {{"connection_id", connection}, {"chat_id", 8}, {"from", from}, {"text", text}});
    }
    // The bodies of the updates that wait, by their kind.
    std::vector<std::pair<std::string, json::object>> updates() {
        std::vector<std::pair<std::string, json::object>> found;
        const auto waiting = call("getUpdates");
        for (const auto& update : waiting.as_array())
            for (const auto& [name, value] : update.as_object())
                if (name != "update_id") found.emplace_back(name, value.as_object());
        return found;
    }
};

TEST_F(BusinessAccountTest, TellsTheBotWhatHappensInItsChats) {
    const auto id = connect();
    EXPECT_EQ(write(id, customer, "hello").at("message_id"), 1);
    EXPECT_EQ(write(id, owner, "well").at("message_id"), 2);
    page("business/edits", {{"connection_id", id}, {"message_id", 1}, {"text", "hello again"}});
    page("business/deletions",
         {{"connection_id", id}, {"chat_id", 8}, {"message_ids", {1, 2, 99}}});
    const auto told = updates();
    ASSERT_EQ(told.size(), 5U);
    EXPECT_EQ(told[0].first, "business_connection");
    EXPECT_EQ(told[0].second.at("is_enabled"), true);
    EXPECT_EQ(told[1].second.at("chat").at("first_name"), "Carl");
    EXPECT_EQ(told[1].second.at("business_connection_id"), json::value(id));
    EXPECT_EQ(told[2].second.at("chat").at("id"), 8) << "named by the other one";
    EXPECT_EQ(told[2].second.at("from").at("id"), 7);
    EXPECT_EQ(told[3].first, "edited_business_message");
    EXPECT_EQ(told[3].second.at("text"), "hello again");
    EXPECT_EQ(told[4].second.at("message_ids"), json::value(json::array{1, 2}));
    EXPECT_EQ(playground.world.chat(8), nullptr) << "it is no chat of the bot's";
}

TEST_F(BusinessAccountTest, LetsTheBotReadAndNothingElse) {
    page("messages", {{"chat_id", 8}, {"from", customer}, {"text", "to the bot itself"}});
    const auto id = connect();
    const json::object message{{"chat_id", 8}, {"text", "x"}};
    auto named = message;
    named["business_connection_id"] = id;
    EXPECT_EQ(call("sendMessage", named), "400 Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED");
    named["business_connection_id"] = "no such";
    EXPECT_EQ(call("sendMessage", named), "400 Bad Request: BUSINESS_CONNECTION_INVALID");
    EXPECT_TRUE(call("sendMessage", message).is_object());
    EXPECT_EQ(call("getBusinessConnection", {{"business_connection_id", id}}).at("user").at("id"),
              7);
}

TEST_F(BusinessAccountTest, AConnectionThatHasEndedTellsNothing) {
    const auto first = connect();
    write(first, customer, "before");
    page("business/connections", {{"user", owner}, {"enabled", false}});
    EXPECT_EQ(write(first, customer, "between").at("error"),
              "Bad Request: BUSINESS_CONNECTION_INVALID");
    const auto second = connect();
    EXPECT_NE(first, second);
    EXPECT_EQ(write(second, customer, "after").at("message_id"), 2) << "the account counts on";
}

TEST_F(BusinessAccountTest, RefusesWhatCannotBe) {
    const auto id = connect();
    EXPECT_TRUE(write(id, {{"id", 5}}, "a third one").as_object().contains("error"));
    EXPECT_TRUE(write(id, customer, " ").as_object().contains("error"));
    EXPECT_TRUE(write("no such", customer, "x").as_object().contains("error"));
    EXPECT_EQ(write(id, customer, "x").at("message_id"), 1);
    for (const char* name : {"business/edits", "business/deletions"}) {
        const json::object other{{"connection_id", id},
                                 {"chat_id", 5},
                                 {"message_id", 9},
                                 {"text", "y"},
                                 {"message_ids", {1}}};
        EXPECT_TRUE(page(name, other).as_object().contains("error")) << name;
    }
    const json::object bot_user{{"id", 1000000001}};
    EXPECT_TRUE(page("business/connections", {{"user", bot_user}}).as_object().contains("error"));
}

}  // namespace
}  // namespace tgstats::playground
