#include "tgstats/record/text_metrics.h"

#include <gtest/gtest.h>

namespace tgstats {
namespace {

TEST(TextMetrics, Counts) {
    EXPECT_EQ(code_points("aä😀"), 3);
    EXPECT_EQ(count_emoji("1 # aä😀👍🏽 ☀"), 4);
    EXPECT_EQ(count_http_links("see http://a.b and https://c.d, not http:// or ftp://x"), 2);
}

}  // namespace
}  // namespace tgstats
