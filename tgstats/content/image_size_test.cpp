#include "tgstats/content/image_size.h"

#include <string>

#include <gtest/gtest.h>

namespace tgstats {
namespace {

TEST(ImageSize, ReadsHeaders) {
    using namespace std::string_literals;
    const auto size = [](const std::string& bytes) {
        const auto found = image_size(bytes);
        return found ? std::to_string(found->width) + "x" + std::to_string(found->height)
                     : std::string("none");
    };
    EXPECT_EQ(size("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\2\0\0\0\1\0"s), "512x256");
    EXPECT_EQ(size("\xFF\xD8\xFF\xE0\0\4ab\xFF\xC0\0\x11\x08\1\0\2\0\3"s), "512x256");
    EXPECT_EQ(size("GIF89a\3\0\4\0"s), "3x4");
    EXPECT_EQ(size("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0"s), "none");
    EXPECT_EQ(size("\xFF\xD8\xFF\xE0\0\0"s), "none");
    EXPECT_EQ(size("text"), "none");
}

}  // namespace
}  // namespace tgstats
