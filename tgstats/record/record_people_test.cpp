#include <gtest/gtest.h>

#include "tgstats/record/record_fixture.h"

namespace tgstats {
namespace {

class PeopleTest : public RecordTest {
protected:
    // Somebody (8) goes from one status to another by the hand of 5.
    static std::string change(int update, int date, const std::string& from,
                              const std::string& to) {
        const auto status = [](const std::string& members) {
            return R"({"user":{"id":8,"is_bot":false,"first_name":"Eve"},"status":)" + members +
                   "}";
        };
        return R"({"update_id":)" + std::to_string(update) + R"(,"chat_member":{"date":)" +
               std::to_string(date) + "," + chat_json +
               R"(,"from":{"id":5,"is_bot":false,"first_name":"Ann"},"old_chat_member":)" +
               status(from) + R"(,"new_chat_member":)" + status(to) + "}}";
    }
    void member(int update, int date, const std::string& from, const std::string& to) {
        record(change(update, date, from, to));
    }
    void bot(int update, int date, const std::string& from, const std::string& to) {
        record(as_kind(change(update, date, from, to), "my_chat_member"));
    }
    std::string changes() {
        std::string text;
        auto made = store->database().prepare(
            "SELECT date, from_status, to_status, actor_id FROM membership_changes WHERE user_id=8"
            " ORDER BY date, id");
        while (made.step())
            text += std::to_string(made.integer(0)) + " " + std::string(made.text(1)) + ">" +
                    std::string(made.text(2)) + " by " + std::to_string(made.integer(3)) + "\n";
        return text;
    }
    std::int64_t number(const std::string& sql) {
        auto statement = store->database().prepare(sql);
        return statement.step() ? statement.integer(0) : -1;
    }
};

// Of the seed: chat_member updates were only logged, and joined_at was the first message.
TEST_F(PeopleTest, BansPromotionsAndSilentLeavesAreMissed) {
    member(1, 100, R"("left")", R"("member")");
    member(2, 200, R"("member")", R"("administrator","can_pin_messages":true)");
    member(3, 300, R"("administrator")", R"("administrator","can_pin_messages":false)");
    member(4, 400, R"("administrator")", R"("restricted","is_member":true,"until_date":999)");
    member(5, 500, R"("restricted","is_member":true)", R"("kicked","until_date":0)");
    EXPECT_EQ(changes(),
              "100 left>member by 5\n200 member>administrator by 5\n"
              "300 administrator>administrator by 5\n400 administrator>restricted by 5\n"
              "500 restricted>kicked by 5\n");
    EXPECT_EQ(text_of("SELECT details FROM membership_changes WHERE date=400"),
              R"({"is_member":true,"until_date":999})");
    EXPECT_EQ(text_of("SELECT status FROM memberships WHERE user_id=8"), "kicked");
    EXPECT_EQ(number("SELECT joined FROM memberships WHERE user_id=8"), 100);
    EXPECT_EQ(number("SELECT left FROM memberships WHERE user_id=8"), 500);
}

TEST_F(PeopleTest, PromotionCountsAsJoining) {
    member(1, 200, R"("member")", R"("administrator")");
    EXPECT_EQ(number("SELECT joined FROM memberships WHERE user_id=8"), 0);
    EXPECT_EQ(text_of("SELECT status FROM memberships WHERE user_id=8"), "administrator");
}

TEST_F(PeopleTest, JoinsThatAreToldTwiceCountTwice) {
    const auto join = [&](int update, int id) {
        record(message(update, id, 5,
                       R"("new_chat_members":[{"id":8,"is_bot":false,"first_name":"Eve"}])"));
    };
    join(1, 10);
    member(2, 1'790'000'000, R"("left")", R"("member")");
    EXPECT_EQ(changes(), "1790000000 left>member by 5\n");
    member(3, 1'790'000'100, R"("member")", R"("left")");
    auto left = message(4, 11, 8,
                        R"("left_chat_member":{"id":8,"is_bot":false,)"
                        R"("first_name":"Eve"})");
    left.replace(left.find("1790000000"), 10, "1790000100");
    record(left);
    EXPECT_EQ(changes(), "1790000000 left>member by 5\n1790000100 member>left by 5\n");
    EXPECT_EQ(number("SELECT left FROM memberships WHERE user_id=8"), 1'790'000'100);
}

TEST_F(PeopleTest, OldNewsDoesNotOvertakeTheNew) {
    member(1, 500, R"("member")", R"("kicked")");
    member(2, 100, R"("left")", R"("member")");
    EXPECT_EQ(text_of("SELECT status FROM memberships WHERE user_id=8"), "kicked");
    EXPECT_EQ(number("SELECT joined FROM memberships WHERE user_id=8"), 100);
}

TEST_F(PeopleTest, RemovedBotWritesOn) {
    record(message(1, 1, 5, R"("text":"a")"));
    bot(2, 100, R"("member")", R"("kicked")");
    EXPECT_FALSE(store->is_active(chat));
    EXPECT_TRUE(store->chat_ids().empty());
    bot(3, 200, R"("kicked")", R"("administrator")");
    EXPECT_EQ(store->chat_ids(), std::vector<std::int64_t>{chat});
    bot(4, 300, R"("administrator")", R"("restricted","is_member":false)");
    EXPECT_FALSE(store->is_active(chat));
}

// Of the seed: a foreign key refused them; counts without names were only logged.
TEST_F(PeopleTest, UnknownMessageLosesItsReactions) {
    const std::string thumb = R"([{"type":"emoji","emoji":"👍"}])";
    record(R"({"update_id":1,"message_reaction":{"message_id":4,"date":1790000009,)" + chat_json +
           R"(,"user":{"id":6,"is_bot":false,"first_name":"U6"},"old_reaction":[],)"
           R"("new_reaction":)" +
           thumb + "}}");
    record(R"({"update_id":2,"message_reaction":{"message_id":4,"date":1790000009,)" + chat_json +
           R"(,"actor_chat":{"id":-1001,"type":"supergroup","title":"T"},"old_reaction":[],)"
           R"("new_reaction":)" +
           thumb + "}}");
    record(R"({"update_id":3,"message_reaction_count":{"message_id":4,"date":1790000009,)" +
           chat_json +
           R"(,"reactions":[{"type":{"type":"emoji","emoji":"👍"},"total_count":7},)"
           R"({"type":{"type":"paid"},"total_count":2}]}})");
    EXPECT_EQ(count("reactions"), 4);
    EXPECT_EQ(user(6).at("reactions_given"), 1);
    record(message(4, 4, 5, R"("text":"known only now")"));
    EXPECT_EQ(user(5).at("reactions_received"), 11);
}

TEST_F(PeopleTest, ReactionsBeforeTheImportStayAlone) {
    record(R"({"update_id":1,"message_reaction":{"message_id":4,"date":1790000009,)"
           R"("chat":{"id":-1000000000001,"type":"supergroup","title":"G"},)"
           R"("user":{"id":6,"is_bot":false,"first_name":"U6"},"old_reaction":[],)"
           R"("new_reaction":[{"type":"emoji","emoji":"👍"}]}})");
    import(file(R"({"name":"G","type":"private_supergroup","id":1,"messages":[{"id":4,)"
                R"("type":"message","date":"2026-09-21T00:00:00","from":"Ann",)"
                R"("from_id":"user5","text":"a"}]})"));
    const auto answer = ask("users", R"({"chat_id":-1000000000001})");
    EXPECT_EQ(answer.at("users").at(0).at("reactions_received"), 1);
}

// Twice the largest number is none that can be stored.
TEST_F(PeopleTest, ReactionsAreNoMoreThanCanBeSummed) {
    record(message(1, 4, 5, R"("text":"x")"));
    const auto counted = [this](int update, const std::string& total) {
        const auto one = [&](const std::string& emoji) {
            return R"({"type":{"type":"emoji","emoji":")" + emoji + R"("},"total_count":)" + total +
                   "}";
        };
        record(R"({"update_id":)" + std::to_string(update) +
               R"(,"message_reaction_count":{"message_id":4,"date":1790000009,)" + chat_json +
               R"(,"reactions":[)" + one("👍") + "," + one("👎") + "]}}");
        return user(5).at("reactions_received").as_int64();
    };
    EXPECT_EQ(counted(2, "9223372036854775807"), 2'000'000'000);
    EXPECT_EQ(counted(3, "18446744073709551615"), 0);
    EXPECT_EQ(counted(4, "-5"), 0);
    EXPECT_EQ(counted(5, "7"), 14);
}

}  // namespace
}  // namespace tgstats
