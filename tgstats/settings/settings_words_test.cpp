#include "tgstats/settings/settings_words.h"

#include <gtest/gtest.h>

#include "tgstats/settings/loss.h"
#include "tgstats/settings/operator_pages.h"
#include "tgstats/settings/stop_word_change.h"

namespace tgstats {
namespace {

TEST(SettingsWordsTest, SwitchesAreReadAsPeopleWriteThem) {
    for (const char* word : {"on", "TRUE", "1", "Yes", "enable", "enabled"})
        EXPECT_EQ(switch_named(word), true) << word;
    for (const char* word : {"off", "False", "0", "no", "disable", "disabled"})
        EXPECT_EQ(switch_named(word), false) << word;
    for (const char* word : {"", "maybe", "onn", "2"}) EXPECT_FALSE(switch_named(word)) << word;
}

TEST(SettingsWordsTest, DaysAreWholeAndBounded) {
    EXPECT_EQ(days_named("30", 100), 30);
    EXPECT_EQ(days_named("off", 100), 0);
    EXPECT_EQ(days_named("0", 100), 0);
    for (const char* word : {"", "-1", "101", "3.5", "30d", "99999999999999999999"})
        EXPECT_FALSE(days_named(word, 100)) << word;
}

TEST(SettingsWordsTest, LocalesAreLanguageTags) {
    for (const char* word : {"en", "pt-BR", "zh-Hant-TW", "fil"}) EXPECT_TRUE(is_locale(word));
    for (const char* word : {"", "e", "english", "en_US", "en-", "-en", "12", "e1"})
        EXPECT_FALSE(is_locale(word)) << word;
}

TEST(SettingsWordsTest, StopWordsAreLowerCaseInEveryScript) {
    EXPECT_EQ(stop_word_of("ÄRGER", 40), "ärger");
    EXPECT_EQ(stop_word_of("ПРИВЕТ", 40), "привет");
    EXPECT_EQ(stop_word_of("don’t", 40), "don't");
    EXPECT_EQ(stop_word_of("two words", 40), "");
    EXPECT_EQ(stop_word_of("", 40), "");
    EXPECT_EQ(stop_word_of(std::string(41, 'x'), 40), "");
}

TEST(StopWordChangeTest, OnlyWhatChangesSomethingIsDone) {
    const auto added = sorted_out({"Foo", "bar", "FOO"}, {"bar"}, true);
    EXPECT_EQ(added.words, std::vector<std::string>{"foo"});
    const auto removed = sorted_out({"Foo", "bar"}, {"bar"}, false);
    EXPECT_EQ(removed.words, std::vector<std::string>{"bar"});
    EXPECT_TRUE(sorted_out({"foo"}, {"foo"}, true).words.empty());
    EXPECT_NE(sorted_out({"two words"}, {}, true).refused, "");
    const std::vector<std::string> many(stop_words_max, "x");
    EXPECT_NE(sorted_out({"foo"}, many, true).refused, "");
}

TEST(RepliesTest, ShownTextIsWhatTelegramGivesBack) {
    EXPECT_EQ(shown_text("<b>a</b> &lt;b&gt; &amp;amp;"), "a <b> &amp;");
    EXPECT_EQ(words_of_data("s1:ask:text:90"), (std::vector<std::string>{"ask", "text", "90"}));
    EXPECT_EQ(words_of_data("s1:close"), std::vector<std::string>{"close"});
    EXPECT_TRUE(words_of_data("nothing").empty());
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(123), "123");
}

void expect_short_data(const Page& page) {
    for (const auto& row : page.rows)
        for (const auto& button : row) {
            EXPECT_LE(button.data.size(), callback_bytes_max) << button.data;
            EXPECT_FALSE(button.data.empty());
        }
}

TEST(PagesTest, CallbackDataFitIntoTelegramsBound) {
    ChatView view;
    view.settings.timezone = "America/Argentina/ComodRivadavia";
    for (const auto& page :
         {main_page(view), retention_page(view, Kept::text), retention_page(view, Kept::metadata),
          zone_page(view), locale_page(view), loss_page({.days = 3'650}), stored_texts_page({})})
        expect_short_data(page);
    hotreload::PluginStatus status;
    status.name = std::string(200, 'x');
    expect_short_data(plugin_page(status, ""));
    expect_short_data(plugins_page({status}, 0));
}

TEST(PagesTest, AFailureIsShownWithTheToolsWordsWithinAMessage) {
    hotreload::PluginStatus status;
    status.name = "broken";
    status.error.emplace();
    status.error->reason = "does not <compile>";
    status.error->output = std::string(100'000, '<');
    status.stderr_tail = std::string(100'000, '&');
    EXPECT_NE(plugins_page({status}, 0).html.find("does not &lt;compile&gt;"), std::string::npos);
    EXPECT_LT(why_page(status).html.size(), 4'096U);
    const std::vector<hotreload::PluginStatus> many(100, status);
    EXPECT_LT(plugins_page(many, 20).html.size(), 4'096U);
    EXPECT_EQ(plugins_page(many, 20).rows.size(), 11U);
}

}  // namespace
}  // namespace tgstats
