#include <limits>

#include <gtest/gtest.h>

#include <tgstats/number.hpp>

namespace {

TEST(Grouped, PutsThousandsApart) {
    EXPECT_EQ(tgstats::grouped(0), "0");
    EXPECT_EQ(tgstats::grouped(999), "999");
    EXPECT_EQ(tgstats::grouped(1'000), "1,000");
    EXPECT_EQ(tgstats::grouped(12'345), "12,345");
    EXPECT_EQ(tgstats::grouped(123'456), "123,456");
    EXPECT_EQ(tgstats::grouped(1'234'567), "1,234,567");
    EXPECT_EQ(tgstats::grouped(-999), "-999");
    EXPECT_EQ(tgstats::grouped(-123'456), "-123,456");
    EXPECT_EQ(tgstats::grouped(std::numeric_limits<std::int64_t>::min()),
              "-9,223,372,036,854,775,808");
}

}  // namespace
