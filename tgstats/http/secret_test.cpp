#include "tgstats/http/secret.h"

#include <gtest/gtest.h>

#include "tgstats/http/client.h"

namespace tgstats::http {
namespace {

TEST(SecretTest, ComparesLengthAndContent) {
    EXPECT_TRUE(same_secret("", ""));
    EXPECT_TRUE(same_secret("abc", "abc"));
    EXPECT_FALSE(same_secret("abc", "abC"));
    EXPECT_FALSE(same_secret("abc", "abcd"));
    EXPECT_FALSE(same_secret("", "a"));
}

TEST(SecretTest, RandomOnesDifferAndMayStandInAHeader) {
    const auto one = random_secret();
    EXPECT_EQ(one.size(), 43U);
    EXPECT_EQ(one.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                    "0123456789-_"),
              std::string::npos);
    EXPECT_NE(one, random_secret());
}

TEST(HttpUrl, IsTakenApart) {
    const auto plain = parse_http_url("http://localhost");
    ASSERT_TRUE(plain.has_value());
    EXPECT_EQ(plain->port, "80");
    EXPECT_EQ(plain->target, "/");
    EXPECT_FALSE(plain->tls);
    const auto secret = parse_http_url("https://[::1]/a?b#c");
    ASSERT_TRUE(secret.has_value());
    EXPECT_EQ(secret->host, "::1");
    EXPECT_EQ(secret->port, "443");
    EXPECT_EQ(secret->target, "/a?b");
    EXPECT_TRUE(secret->tls);
    EXPECT_EQ(parse_http_url("https://localhost:8443/x")->port, "8443");
    for (const auto* url : {"ftp://localhost/", "localhost", "https://", "http://h:port/"})
        EXPECT_FALSE(parse_http_url(url).has_value()) << url;
}

}  // namespace
}  // namespace tgstats::http
