#include "hotreload/model/requirement.h"

#include <gtest/gtest.h>

namespace hotreload {
namespace {

TEST(Requirement, VersionsAreComparedByNumber) {
    EXPECT_LT(compare_versions("1.9", "1.10"), 0);
    EXPECT_EQ(compare_versions("1.2", "v1.2.0"), 0);
    EXPECT_GT(compare_versions("2", "1.99.99"), 0);
    EXPECT_EQ(compare_versions("1.2-beta", "1.2"), 0);
    EXPECT_LT(compare_versions("", "0.1"), 0);
}

TEST(Requirement, ANameAloneIsMetByEveryVersion) {
    const auto any = Requirement::parse(" word_cloud ");
    ASSERT_TRUE(any.has_value());
    EXPECT_EQ(any->plugin, "word_cloud");
    EXPECT_TRUE(any->met_by(""));
}

TEST(Requirement, ComparisonsHold) {
    const auto met = [](const char* text, const char* version) {
        const auto requirement = Requirement::parse(text);
        return requirement.has_value() && requirement->met_by(version);
    };
    EXPECT_TRUE(met("a >= 1.2", "1.2"));
    EXPECT_TRUE(met("a>=1.2", "1.10"));
    EXPECT_FALSE(met("a >= 1.2", "1.1.9"));
    EXPECT_TRUE(met("a < 2", "1.9"));
    EXPECT_FALSE(met("a < 2", "2.0"));
    EXPECT_TRUE(met("a == 1.0", "1"));
    EXPECT_FALSE(met("a > 1", "1.0"));
    EXPECT_TRUE(met("a <= 1", "1.0"));
}

TEST(Requirement, NonsenseSaysWhatWasExpected) {
    EXPECT_EQ(Requirement::parse(">= 1").error(), "'>= 1': expected a plugin's name");
    EXPECT_EQ(Requirement::parse("a >=").error(),
              "'a >=': expected a version such as 1.2 after >=");
    EXPECT_EQ(Requirement::parse("a ~ 1").error(),
              "'a ~ 1': expected NAME, or NAME with >=, >, ==, <= or < and a version");
}

}  // namespace
}  // namespace hotreload
