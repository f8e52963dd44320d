#include "hotreload/base/base64.h"

#include <gtest/gtest.h>

namespace hotreload {
namespace {

TEST(Base64Test, VectorsOfTheRfc) {
    const std::pair<std::string, std::string> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xff\xfe\xfd", "//79"}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes) << text;
    }
}

TEST(Base64Test, EveryByteComesBack) {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) {
        bytes += static_cast<char>(i * 7);
        ASSERT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
}

TEST(Base64Test, RefusesWhatIsNotWellFormed) {
    for (const auto* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v=", "Zm 9", "Zm9v\n",
                             "Zh==", "=Zm9", "Zm-_"}) {
        EXPECT_FALSE(base64_decode(text)) << text;
    }
}

}  // namespace
}  // namespace hotreload
