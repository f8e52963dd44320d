#include "tgstats/dispatch/effects.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

TEST(Effects, NothingGoesOutAsABusinessAccount) {
    const EffectTarget here{.chat_id = -1001, .thread_id = 0};
    for (const char* id : {R"("c1")", R"("")", "null"}) {
        const auto effect = parse_effect(
            json::parse(std::string(R"({"method":"sendMessage","params":{"text":"x",)") +
                        R"("business_connection_id":)" + id + "}}"),
            here);
        ASSERT_TRUE(effect.has_error()) << id;
        EXPECT_NE(effect.error().find("business account"), std::string::npos);
    }
    EXPECT_TRUE(parse_effect(json::parse(R"({"method":"sendMessage","params":{"text":"x"}})"), here)
                    .has_value());
}

std::string nested(std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

TEST(Effects, WhatCouldNotBeReadAgainIsNotKept) {
    json::parse_options deep;
    deep.max_depth = 1'000;
    for (const auto& value : {std::string("1e999"), nested(300)}) {
        const auto text = R"({"method":"sendMessage","params":{"chat_id":1,"x":)" + value + "}}";
        const auto effect = parse_effect(json::parse(text, {}, deep), {});
        ASSERT_TRUE(effect.has_error()) << value;
        EXPECT_NE(effect.error().find("cannot be sent"), std::string::npos);
    }
}

TEST(Effects, WhatIsKeptIsSentAsItWas) {
    const auto params =
        json::parse(R"({"chat_id":1,"latitude":52.515999999999998,"x":)" + nested(30) + "}")
            .as_object();
    auto deeper = params;
    deeper["y"] = json::array{json::array{params}};
    const Effect effect{.method = "sendLocation", .params = deeper, .files = {}};
    EXPECT_EQ(from_entry(to_entry(effect)).params, deeper);
}

TEST(Effects, WhatAnEarlierVersionKeptAndNobodyCanReadGoesOutEmpty) {
    OutboxEntry entry;
    entry.method = "sendMessage";
    for (const char* params : {"{\"chat_id\":NaN}", "{\"chat_id\":1e99999}", "[]", ""}) {
        entry.params = params;
        EXPECT_TRUE(from_entry(entry).params.empty()) << params;
    }
}

}  // namespace
}  // namespace tgstats
