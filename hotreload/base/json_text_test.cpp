#include "hotreload/base/json_text.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace hotreload {
namespace {

namespace json = boost::json;

json::value nested(std::size_t depth) {
    json::value value = json::array();
    for (std::size_t i = 1; i < depth; ++i) {
        json::array around;
        around.push_back(std::move(value));
        value = std::move(around);
    }
    return value;
}

TEST(JsonText, GivesBackWhatWasWritten) {
    const json::value value{{"whole", std::numeric_limits<std::int64_t>::min()},
                            {"large", std::numeric_limits<std::uint64_t>::max()},
                            {"real", 0.1},
                            {"one", 1.0},
                            {"text", "line\nend \xe2\x82\xac"},
                            {"list", {1, nullptr, true}}};
    const auto text = json_text(value);
    ASSERT_TRUE(text);
    const auto back = parse_json(*text);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, value);
    EXPECT_TRUE(back->at("one").is_double());
}

TEST(JsonText, NumbersComeBackToTheLastBit) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
        const auto number = std::bit_cast<double>(random());
        if (!std::isfinite(number)) continue;
        const auto text = json_text(json::array{number});
        ASSERT_TRUE(text);
        ASSERT_EQ(parse_json(*text)->at(0).as_double(), number) << *text;
    }
    const auto edges = parse_json("[1e999, -1e999, 1e-999, -0.0, 18446744073709551616, 1E0]");
    ASSERT_TRUE(edges);
    EXPECT_EQ(json::serialize(*edges), "[Infinity,-Infinity,0E0,-0E0,1.8446744073709552E19,1E0]");
}

TEST(JsonText, MakesIllFormedTextReadable) {
    const auto text = json_text(json::array{json::string("a\xff")});
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "[\"a\xef\xbf\xbd\"]");
}

TEST(JsonText, RefusesWhatCouldNotBeReadAgain) {
    const json::object infinite{{"a", {1, {{"b", std::numeric_limits<double>::infinity()}}}}};
    EXPECT_EQ(json_text(infinite).error().reason, "a number in it is not finite");
    EXPECT_EQ(json_text(nested(json_depth_max + 1)).error().reason, "it is nested too deep");
    const auto deepest = json_text(nested(json_depth_max));
    ASSERT_TRUE(deepest);
    EXPECT_TRUE(parse_json(*deepest));
}

TEST(JsonText, SaysWhereItIsDamaged) {
    const auto reason = [](std::string_view text) { return parse_json(text).error().reason; };
    EXPECT_EQ(reason(""), "not valid JSON: it ends early, at byte 0");
    EXPECT_EQ(reason("{\"a\": [1, 2"), "not valid JSON: it ends early, at byte 11");
    EXPECT_EQ(reason("{\"a\": x}"), "not valid JSON at byte 6");
    EXPECT_EQ(reason("{}\n{}"), "not valid JSON at byte 3");
    EXPECT_EQ(reason(std::string_view("\0\0\0", 3)), "not valid JSON at byte 0");
    EXPECT_TRUE(parse_json(" {} \n"));
}

}  // namespace
}  // namespace hotreload
