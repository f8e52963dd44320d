#include "tgstats/app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace tgstats {
namespace {

using testing::ElementsAre;

class SettingsTest : public testing::Test {
protected:
    // Where the environment sets one of these, the file does not count.
    hotreload::Result<Settings, std::string> read(const std::string& text) {
        return read_settings(folder.write("tgstats.yaml", text));
    }
    std::string mistake(const std::string& text) {
        const auto settings = read(text);
        if (settings.has_value()) return "none";
        const auto& error = settings.error();
        return error.substr(error.find("tgstats.yaml"));
    }

    hotreload::TempFolder folder;
};

TEST_F(SettingsTest, ReadsTheWebhookAndTheNamesOfTheHost) {
    const auto settings = read(
        "hosts: [bot.example.org, www.example.org]\n"
        "webhook:\n"
        "  url: https://bot.example.org\n"
        "  secret: s3cret_-\n"
        "  listen: 127.0.0.1:8081\n"
        "  certificate: /etc/ssl/own.pem\n"
        "  max_connections: 40\n");
    ASSERT_TRUE(settings.has_value()) << settings.error();
    EXPECT_THAT(settings->hosts, ElementsAre("bot.example.org", "www.example.org"));
    EXPECT_EQ(settings->webhook.url, "https://bot.example.org");
    EXPECT_EQ(settings->webhook.secret, "s3cret_-");
    EXPECT_EQ(settings->webhook.listen, "127.0.0.1:8081");
    EXPECT_EQ(settings->webhook.certificate, "/etc/ssl/own.pem");
    EXPECT_EQ(settings->webhook.max_connections, 40);
}

TEST_F(SettingsTest, OwnersOrNobodyLetTextsOfBusinessChatsBeStored) {
    EXPECT_EQ(read("")->business_texts, "owner");
    EXPECT_EQ(read("business_texts: never\n")->business_texts, "never");
    EXPECT_EQ(mistake("\nbusiness_texts: always\n"),
              "tgstats.yaml:2: business_texts: expected one of owner, never");
}

TEST_F(SettingsTest, WithoutAWebhookTheBotPolls) {
    const auto settings = read("webhook:\n");
    ASSERT_TRUE(settings.has_value()) << settings.error();
    EXPECT_EQ(settings->webhook.url, "");
    EXPECT_EQ(settings->webhook.max_connections, 1);
    EXPECT_TRUE(settings->hosts.empty());
}

TEST_F(SettingsTest, MistakesInTheWebhookAreNamed) {
    EXPECT_EQ(mistake("webhook: https://x\n"), "tgstats.yaml:1: webhook: expected keys and values");
    EXPECT_EQ(mistake("webhook:\n  urls: x\n"),
              "tgstats.yaml:2: webhook.urls: expected one of url, secret, listen, certificate, "
              "max_connections");
    for (const auto* number : {"0", "101", "many", "1.5"})
        EXPECT_EQ(mistake(std::string("webhook:\n  max_connections: ") + number + "\n"),
                  "tgstats.yaml:2: webhook.max_connections: expected a whole number from 1 to 100");
    EXPECT_EQ(mistake("hosts: bot.example.org\n"),
              "tgstats.yaml:1: hosts: expected a list of texts");
    EXPECT_EQ(read("webhook: {secret: 'no spaces'}\n").error(),
              "webhook.secret: expected 1 to 256 letters, digits, '_' and '-'");
}

}  // namespace
}  // namespace tgstats
