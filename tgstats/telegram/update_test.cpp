#include "tgstats/telegram/update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string with(std::string_view value) {
    return R"({"update_id":7,"message":{"message_id":1,"date":5,"chat":{"id":-3},"x":)" +
           std::string(value) + "}}";
}
std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}
std::string fault_of(std::string_view value) {
    const auto update = read_update(with(value));
    EXPECT_TRUE(update) << value;
    if (!update) return "not an update";
    EXPECT_EQ(update->update_id, 7);
    EXPECT_EQ(update->fault.empty(), update->kind == UpdateKind::message);
    EXPECT_EQ(update->fault.empty(), !update->raw.empty());
    EXPECT_EQ(update->fault.empty(), update->message.has_value());
    return update->fault;
}

TEST(UpdateTest, WhatCannotBeKeptHasAFaultAndItsNumber) {
    EXPECT_THAT(fault_of("1e999"), HasSubstr("not finite"));
    EXPECT_THAT(fault_of("[{\"a\":-1e999}]"), HasSubstr("not finite"));
    EXPECT_THAT(fault_of(nested(300)), HasSubstr("too deep"));
    EXPECT_THAT(fault_of(nested(100'000)), HasSubstr("too deep"));
    EXPECT_THAT(fault_of(nested(update_depth_max - 1)), HasSubstr("too deep"));
    EXPECT_THAT(fault_of(R"("\ud800")"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of(R"("\ud800\u0041")"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of("\"\xff\""), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of("\"\xed\xa0\x80\""), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of("NaN"), HasSubstr("not valid JSON"));
    EXPECT_THAT(fault_of("\"" + std::string(update_bytes_max, 'x') + "\""), HasSubstr("1 MB"));
}

TEST(UpdateTest, WhatIsOddAndCanBeKeptHasNone) {
    for (const auto* value :
         {"18446744073709551615", "1e308", "-0.0", "0e999", "123456789012345678901234",
          R"("\ud83d\ude00\u0000")", "0.1234567890123456789"})
        EXPECT_THAT(fault_of(value), IsEmpty()) << value;
    EXPECT_THAT(fault_of(nested(update_depth_max - 2)), IsEmpty());
}

TEST(UpdateTest, OfKeysThatComeTwiceTheLastCounts) {
    const auto update = read_update(R"({"update_id":7,"update_id":8,"other":1,"other":2})");
    ASSERT_TRUE(update);
    EXPECT_EQ(update->update_id, 8);
    EXPECT_EQ(update->raw.at("other"), 2);
    const auto poisonous = read_update(R"({"update_id":7,"x":1e999,"update_id":8})");
    ASSERT_TRUE(poisonous);
    EXPECT_EQ(poisonous->update_id, 8);
}

TEST(UpdateTest, WithoutANumberOfItsOwnItIsNone) {
    for (const auto* text :
         {"", "7", "[]", "{}", "{\"update_id\":7", R"({"update_id":"7"})", R"({"update_id":7.5})",
          R"({"update_id":-1})", R"({"update_id":9223372036854775807})",
          R"({"update_id":18446744073709551615})", R"({"update_id":1e999})",
          R"({"a":{"update_id":7},"x":"\ud800"})", R"({"update_id":7}})"})
        EXPECT_FALSE(read_update(text)) << text;
}

// As a person's or a chat's id it would stand for another one.
TEST(UpdateTest, AnIntegerBeyondTheSignedOnesIsNone) {
    const auto update = read_update(with("18446744073709551615"));
    ASSERT_TRUE(update);
    EXPECT_EQ(integer_in(*update->message_json(), "x"), 0);
}

}  // namespace
}  // namespace tgstats
