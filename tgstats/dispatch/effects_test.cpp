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

}  // namespace
}  // namespace tgstats
