#include "tgstats/app/webhook_setup.h"

#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"

namespace tgstats {
namespace {

Settings settings_with(std::string url, const hotreload::TempFolder& folder) {
    Settings settings;
    settings.webhook.url = std::move(url);
    settings.data = folder.path() / "data";
    return settings;
}

TEST(WebhookSetupTest, AnAddressWithoutAPathMeansTheBotsOwn) {
    const hotreload::TempFolder folder;
    for (const auto* url : {"https://bot.example.org", "https://bot.example.org/"})
        EXPECT_EQ(webhook_options(settings_with(url, folder))->url,
                  "https://bot.example.org/tg/webhook");
    EXPECT_EQ(webhook_options(settings_with("https://bot.example.org:8443/own", folder))->url,
              "https://bot.example.org:8443/own");
}

TEST(WebhookSetupTest, ASecretIsMadeOnceAndKeptForTheOwnerAlone) {
    const hotreload::TempFolder folder;
    const auto settings = settings_with("https://bot.example.org", folder);
    const auto first = webhook_options(settings);
    const auto second = webhook_options(settings);
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->secret.size(), 43U);
    EXPECT_EQ(first->secret, second->secret);
    const auto mode = std::filesystem::status(settings.data / "webhook_secret").permissions();
    EXPECT_EQ(mode & std::filesystem::perms(077), std::filesystem::perms::none);
    const hotreload::TempFolder other;
    EXPECT_NE(webhook_options(settings_with("https://bot.example.org", other))->secret,
              first->secret);
}

TEST(WebhookSetupTest, GivenSecretAndCertificateAreTaken) {
    const hotreload::TempFolder folder;
    auto settings = settings_with("https://bot.example.org", folder);
    settings.webhook.secret = "given";
    settings.webhook.certificate = folder.write("cert.pem", "PEM");
    const auto options = webhook_options(settings);
    ASSERT_TRUE(options.has_value());
    EXPECT_EQ(options->secret, "given");
    EXPECT_EQ(options->certificate, "PEM");
    EXPECT_FALSE(std::filesystem::exists(settings.data / "webhook_secret"));
}

TEST(WebhookSetupTest, MistakesAreNamed) {
    const hotreload::TempFolder folder;
    EXPECT_EQ(webhook_options(settings_with("bot.example.org", folder)).error(),
              "webhook.url: expected https://HOST[:PORT][/PATH], found 'bot.example.org'");
    auto settings = settings_with("https://bot.example.org", folder);
    settings.webhook.certificate = "/no/such/file.pem";
    EXPECT_EQ(webhook_options(settings).error(),
              "webhook.certificate: /no/such/file.pem cannot be read");
}

}  // namespace
}  // namespace tgstats
