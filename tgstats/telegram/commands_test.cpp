#include "tgstats/telegram/commands.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

using Args = std::vector<std::string>;

struct ArgsCase {
    const char* text;
    Args expected;
};

class SplitArgs : public testing::TestWithParam<ArgsCase> {};

TEST_P(SplitArgs, Splits) { EXPECT_EQ(split_args(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Table, SplitArgs,
    testing::Values(ArgsCase{"", {}}, ArgsCase{"  \t\n ", {}}, ArgsCase{"7 5", {"7", "5"}},
                    ArgsCase{"\"two words\" x", {"two words", "x"}}, ArgsCase{"'x'", {"x"}},
                    ArgsCase{"a\\ b c", {"a b", "c"}},
                    ArgsCase{"\"say \\\"hi\\\"\"", {"say \"hi\""}},
                    ArgsCase{"“two words” „drei Worte“ «les mots»",
                             {"two words", "drei Worte", "les mots"}},
                    ArgsCase{"it's fine", {"it's", "fine"}}, ArgsCase{"'it's fine'", {"it's fine"}},
                    ArgsCase{"\"never closed", {"\"never", "closed"}},
                    ArgsCase{"\"\" x", {"", "x"}}, ArgsCase{"a\"b c\"", {"a\"b", "c\""}},
                    ArgsCase{"end\\", {"end\\"}}, ArgsCase{"a\u00A0b", {"a", "b"}}));

TEST(SplitArgsBounds, CountAndLength) {
    std::string many;
    for (int i = 0; i < 200; ++i) many += "x ";
    EXPECT_EQ(split_args(many).size(), command_args_max);
    const auto cut = split_args("a" + std::string(command_arg_bytes_max - 2, 'b') + "é");
    ASSERT_EQ(cut.size(), 1U);
    EXPECT_EQ(cut[0].size(), command_arg_bytes_max - 1);  // the two bytes of é stay together
}

struct CommandCase {
    const char* text;
    std::optional<Command> expected;
};

class ParseCommand : public testing::TestWithParam<CommandCase> {};

TEST_P(ParseCommand, Parses) {
    const auto parsed = parse_command(std::string_view(GetParam().text), "Stats_Bot");
    ASSERT_EQ(parsed.has_value(), GetParam().expected.has_value());
    if (parsed) {
        EXPECT_EQ(*parsed, *GetParam().expected);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseCommand,
    testing::Values(CommandCase{"/top", Command{"top", {}, ""}},
                    CommandCase{"/TOP 7 5", Command{"top", {"7", "5"}, "7 5"}},
                    CommandCase{"/top@stats_bot  x ", Command{"top", {"x"}, "x"}},
                    CommandCase{"/top@STATS_BOT", Command{"top", {}, ""}},
                    CommandCase{"/top\n\"a b\"", Command{"top", {"a b"}, "\"a b\""}},
                    CommandCase{"/top@other_bot 7", std::nullopt},
                    CommandCase{"/top@", std::nullopt}, CommandCase{"top", std::nullopt},
                    CommandCase{" /top", std::nullopt}, CommandCase{"/", std::nullopt},
                    CommandCase{"/ top", std::nullopt}, CommandCase{"/to-p", std::nullopt},
                    CommandCase{"/usr/bin", std::nullopt},
                    CommandCase{"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", std::nullopt}));

std::optional<Command> of_message(const char* text) {
    return parse_command(boost::json::parse(text).as_object(), "stats_bot");
}

TEST(ParseCommandOfMessage, EntitiesAndCaptions) {
    EXPECT_TRUE(
        of_message(R"({"text":"/top","entities":[{"type":"bot_command","offset":0,"length":4}]})"));
    EXPECT_TRUE(of_message(R"({"text":"/top 1"})"));
    EXPECT_TRUE(of_message(
        R"({"caption":"/top","caption_entities":[{"type":"bot_command","offset":0,"length":4}]})"));
    EXPECT_FALSE(
        of_message(R"({"text":"/top","entities":[{"type":"code","offset":0,"length":4}]})"));
    EXPECT_FALSE(of_message(R"({"text":7})"));
    EXPECT_FALSE(of_message(R"({"photo":[]})"));
}

}  // namespace
}  // namespace tgstats
