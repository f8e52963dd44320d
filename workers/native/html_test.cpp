#include <gtest/gtest.h>

#include <tgstats/html.hpp>

namespace tgstats {
namespace {

TEST(Html, ValuesCannotBecomeMarkup) {
    EXPECT_EQ(html("<b>{}</b> & {}", {"<i>&", "\"{}\""}), "<b>&lt;i&gt;&amp;</b> & &quot;{}&quot;");
    EXPECT_EQ(html("{}", {"a", "b"}), "a");
    EXPECT_EQ(html("{} {}", {"a"}), "a {}");
    EXPECT_EQ(html("no place", {}), "no place");
}

}  // namespace
}  // namespace tgstats
