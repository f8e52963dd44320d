#include "hotreload/base/utf8.h"

#include <gtest/gtest.h>

namespace hotreload {
namespace {

TEST(Utf8Test, AcceptsExactlyTheWellFormed) {
    for (const auto* text :
         {"", "plain", "é", "€", "😀", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(text)) << text;
    }
    for (const auto* text :
         {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
          "\xF0\x80\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "a\xFF", "\xC3"}) {
        EXPECT_FALSE(is_utf8(text));
    }
}

TEST(Utf8Test, ReplacesWhatIsNot) {
    EXPECT_EQ(to_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(to_utf8("€\xE2\x82"), "€\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(to_utf8("fine é"), "fine é");
}

TEST(Utf8Test, JsonStrings) {
    std::string out;
    append_json_string(out, std::string_view("\"\\\n\r\t\x01\x1f\0é\xFF", 11));
    EXPECT_EQ(out, "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f\\u0000é\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace hotreload
