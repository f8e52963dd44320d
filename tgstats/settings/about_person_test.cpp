#include "tgstats/settings/about_person.h"

#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

namespace json = boost::json;

// 7 is Ada; "" where nothing stays.
std::string about_ada(const char* text, bool theirs = false) {
    const auto kept = about_person(json::parse(text), 7, theirs);
    return kept ? json::serialize(*kept) : "";
}

TEST(AboutPersonTest, AMessageOfTheirsStaysWhole) {
    const auto* message =
        R"({"update_id":1,"message":{"message_id":5,"from":{"id":7,"is_bot":false},)"
        R"("chat":{"id":-1,"title":"G","type":"group"},"text":"hi"}})";
    EXPECT_EQ(about_ada(message), R"({"message":{"message_id":5,"from":{"id":7,"is_bot":false},)"
                                  R"("chat":{"id":-1,"title":"G","type":"group"},"text":"hi"}})");
}

TEST(AboutPersonTest, OfAMessageThatTheyAnswerOnlyItsPlaceStays) {
    const auto* message =
        R"({"message_id":6,"from":{"id":7,"is_bot":false},"text":"yes","quote":{"text":"old"},)"
        R"("reply_to_message":{"message_id":5,"from":{"id":8,"is_bot":false,"first_name":"B"},)"
        R"("chat":{"id":-1,"title":"G"},"date":9,"text":"old"}})";
    EXPECT_EQ(about_ada(message),
              R"({"message_id":6,"from":{"id":7,"is_bot":false},"text":"yes",)"
              R"("reply_to_message":{"message_id":5,"date":9,"chat":{"id":-1},"from":{"id":8}}})");
}

TEST(AboutPersonTest, OfAnAnswerToThemTheirOwnWordsStay) {
    const auto* message =
        R"({"message_id":6,"from":{"id":8,"is_bot":false,"first_name":"B"},"text":"no","date":3,)"
        R"("reply_to_message":{"message_id":5,"from":{"id":7,"is_bot":false},"text":"mine"}})";
    EXPECT_EQ(about_ada(message),
              R"({"reply_to_message":{"message_id":5,"from":{"id":7,"is_bot":false},)"
              R"("text":"mine"},"message_id":6,"date":3,"from":{"id":8}})");
}

TEST(AboutPersonTest, AmongSeveralPeopleOnlyTheyAreNamed) {
    const auto* members =
        R"([{"id":7,"is_bot":false,"first_name":"A"},{"id":8,"is_bot":false,"first_name":"B"}])";
    EXPECT_EQ(about_ada(members), R"([{"id":7,"is_bot":false,"first_name":"A"}])");
    EXPECT_EQ(about_ada(members, true), R"([{"id":7,"is_bot":false,"first_name":"A"},{"id":8}])");
    EXPECT_EQ(about_ada(R"({"request_id":1,"users":[{"user_id":7},{"user_id":8}]})"),
              R"({"users":[{"user_id":7}]})");
}

TEST(AboutPersonTest, AMentionSaysWhereItStands) {
    const auto* entities =
        R"([{"type":"text_mention","offset":0,"length":3,"user":{"id":7,"is_bot":false}},)"
        R"({"type":"text_mention","offset":4,"length":5,"user":{"id":8,"first_name":"B"}}])";
    EXPECT_EQ(about_ada(entities),
              R"([{"type":"text_mention","offset":0,"length":3,"user":{"id":7,"is_bot":false}}])");
    EXPECT_EQ(about_ada(entities, true),
              R"([{"type":"text_mention","offset":0,"length":3,"user":{"id":7,"is_bot":false}},)"
              R"({"type":"text_mention","offset":4,"length":5,"user":{"id":8}}])");
}

TEST(AboutPersonTest, WhatTheyWereMadeByOthersIsTheirs) {
    EXPECT_EQ(about_ada(R"({"chat":{"id":-1,"title":"G"},"from":{"id":8,"first_name":"B"},)"
                        R"("date":4,"new_chat_member":{"user":{"id":7},"status":"member"}})"),
              R"({"new_chat_member":{"user":{"id":7},"status":"member"},"date":4,)"
              R"("chat":{"id":-1},"from":{"id":8}})");
}

TEST(AboutPersonTest, WhatIsAboutOthersAloneGoes) {
    EXPECT_EQ(about_ada(R"({"message_id":7,"from":{"id":8,"is_bot":false},"text":"x"})"), "");
    EXPECT_EQ(about_ada(R"({"story":{"id":7},"message_id":1})"), "");
    EXPECT_EQ(about_ada(R"([{"contact":{"user_id":8,"phone_number":"1"}}])"), "");
    EXPECT_EQ(about_ada("3"), "");
    EXPECT_EQ(about_ada(R"({"contact":{"user_id":8,"phone_number":"1"},"text":"t"})", true),
              R"({"contact":{"user_id":8},"text":"t"})");
}

}  // namespace
}  // namespace tgstats
