#include "tgstats/telegram/json_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> keys_of(std::string_view text) {
    std::vector<std::string> keys;
    const auto members = json_members(text);
    EXPECT_TRUE(members) << text;
    if (members)
        for (const auto& member : *members)
            keys.push_back(member.key + "=" + std::string(member.value));
    return keys;
}

TEST(JsonPartsTest, ItemsLieBetweenTheCommasOfTheirArray) {
    EXPECT_THAT(*json_items("[]"), IsEmpty());
    EXPECT_THAT(*json_items(" [ ] "), IsEmpty());
    EXPECT_THAT(*json_items("[1]"), ElementsAre("1"));
    EXPECT_THAT(*json_items("\n[ {\"a\":[1,2]} , \"b,]\" ,{\"c\\\"},\":{}}, 4 ]\t"),
                ElementsAre("{\"a\":[1,2]}", "\"b,]\"", "{\"c\\\"},\":{}}", "4"));
    EXPECT_THAT(*json_items("[1,,2]"), ElementsAre("1", "", "2"));
}

TEST(JsonPartsTest, WhatDoesNotEndIsNothing) {
    for (const auto* text : {"", " ", "[", "]", "[1", "[1]]", "[[1]", "[1][2]", "[\"]", "[1]x",
                             "{}", "[\"\\\"]", "[{]"})
        EXPECT_FALSE(json_items(text)) << text;
    for (const auto* text : {"", "{", "}", "[]", "{\"a\":1", "{\"a\":{}", "{\"a\":1}}"})
        EXPECT_FALSE(json_members(text)) << text;
}

TEST(JsonPartsTest, MembersHaveTheirKeyAndTheTextOfTheirValue) {
    EXPECT_THAT(keys_of("{}"), IsEmpty());
    EXPECT_THAT(keys_of(R"({"ok":true, "result" : [{"a:b":1}, 2] ,"\u0061":"x"})"),
                ElementsAre("ok=true", "result=[{\"a:b\":1}, 2]", "a=\"x\""));
}

TEST(JsonPartsTest, WhatIsWrongInOneMemberSpoilsNoOther) {
    EXPECT_THAT(keys_of("{\"update_id\":7,\"b\":\"\\ud800\",\"c\":\"\xff\",d,:5,\"e\":}"),
                ElementsAre("update_id=7", "b=\"\\ud800\"", "c=\"\xff\""));
}

TEST(JsonPartsTest, DepthIsThatOfTheDeepestPart) {
    EXPECT_EQ(json_depth("1"), 0U);
    EXPECT_EQ(json_depth("[{},[[]],\"[[[[\"]"), 3U);
    EXPECT_EQ(json_depth(std::string(1'000'000, '[')), 1'000'000U);
}

}  // namespace
}  // namespace tgstats
