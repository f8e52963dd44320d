#include "tgstats/dispatch/fit_effect.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace tgstats {
namespace {

constexpr std::size_t text_max = 4'096;
constexpr std::size_t caption_max = 1'024;

std::string repeat(std::string_view part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

std::string png(unsigned width, unsigned height) {
    using namespace std::string_literals;
    auto bytes = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s;
    for (const auto side : {width, height})
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes += static_cast<char>(side >> shift & 0xFF);
    return bytes + "\x08\x02\0\0\0"s;
}

Fitted fitted(Effect effect) {
    auto result = fit_effect(std::move(effect));
    EXPECT_TRUE(result.has_value()) << result.error();
    return std::move(*result);
}

std::string text_of(const Effect& effect, std::string_view key = "text") {
    return std::string(effect.params.at(key).as_string());
}

TEST(FitTexts, WhatFitsIsLeftAlone) {
    const json::object params{
        {"chat_id", 5}, {"text", repeat("&amp;", text_max)}, {"parse_mode", "HTML"}};
    const auto all = fitted({"sendMessage", params, {}});
    ASSERT_EQ(all.effects.size(), 1U);
    EXPECT_EQ(all.effects.front().params, params);
    EXPECT_TRUE(all.changes.empty());
}

TEST(FitTexts, LongTextsBecomeSeveralMessages) {
    const auto all = fitted({"sendMessage",
                             {{"chat_id", 5},
                              {"text", repeat("x", 2 * text_max + 1)},
                              {"message_thread_id", 3},
                              {"reply_parameters", json::object{{"message_id", 9}}},
                              {"reply_markup", json::object{}},
                              {"protect_content", true}},
                             {}});
    ASSERT_EQ(all.effects.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& params = all.effects[i].params;
        EXPECT_EQ(params.at("message_thread_id"), 3);
        EXPECT_EQ(params.at("protect_content"), true);
        EXPECT_EQ(params.contains("reply_parameters"), i == 0);
        EXPECT_EQ(params.contains("reply_markup"), i == 2);
    }
    EXPECT_EQ(text_of(all.effects[2]), "x");
    EXPECT_TRUE(all.changes.empty());
}

TEST(FitTexts, EntitiesGoWithTheirText) {
    const json::array entities{
        json::object{{"type", "bold"}, {"offset", 1}, {"length", 2}},
        json::object{{"type", "italic"}, {"offset", text_max - 1}, {"length", 3}}};
    const auto all =
        fitted({"sendMessage",
                {{"chat_id", 5}, {"text", repeat("x", text_max + 10)}, {"entities", entities}},
                {}});
    EXPECT_EQ(
        json::serialize(all.effects.at(0).params.at("entities")),
        R"([{"type":"bold","offset":1,"length":2},{"type":"italic","offset":4095,"length":1}])");
    EXPECT_EQ(json::serialize(all.effects.at(1).params.at("entities")),
              R"([{"type":"italic","offset":0,"length":2}])");
}

TEST(FitTexts, ACaptionGoesOnInMessages) {
    const auto all = fitted({"sendPhoto",
                             {{"chat_id", 5},
                              {"caption", repeat("x", caption_max + text_max + 1)},
                              {"parse_mode", "HTML"},
                              {"reply_markup", json::object{}}},
                             {{"photo", "p.png", "image/png", png(8, 8)}}});
    ASSERT_EQ(all.effects.size(), 3U);
    EXPECT_EQ(text_of(all.effects[0], "caption").size(), caption_max);
    EXPECT_EQ(all.effects[0].files.size(), 1U);
    EXPECT_EQ(all.effects[1].method, "sendMessage");
    EXPECT_EQ(text_of(all.effects[1], "parse_mode"), "HTML");
    EXPECT_EQ(text_of(all.effects[2]), "x");
    EXPECT_TRUE(all.effects[2].params.contains("reply_markup"));
}

TEST(FitTexts, EditsAndAnswersToButtonsAreCut) {
    auto all = fitted({"editMessageText", {{"chat_id", 5}, {"text", repeat("é", 5'000)}}, {}});
    ASSERT_EQ(all.effects.size(), 1U);
    EXPECT_EQ(text_of(all.effects[0]), repeat("é", text_max - 1) + "…");
    EXPECT_EQ(all.changes.at(0).what, "cut");
    all = fitted(
        {"editMessageCaption",
         {{"chat_id", 5}, {"caption", "<b>" + repeat("x", 2'000) + "</b>"}, {"parse_mode", "html"}},
         {}});
    EXPECT_EQ(text_of(all.effects[0], "caption"), "<b>" + repeat("x", caption_max - 1) + "</b>…");
    all = fitted({"answerCallbackQuery", {{"text", repeat("x", 300)}}, {}});
    EXPECT_EQ(text_of(all.effects[0]), repeat("x", callback_answer_units_max - 1) + "…");
}

TEST(FitTexts, LongHtmlThatIsNotWellFormedGoesPlain) {
    const auto all =
        fitted({"sendMessage",
                {{"chat_id", 5}, {"text", "<b>" + repeat("&lt; ", 3'000)}, {"parse_mode", "HTML"}},
                {}});
    ASSERT_EQ(all.effects.size(), 2U);
    EXPECT_EQ(all.changes.at(0).what, "as_plain_text");
    for (const auto& effect : all.effects) {
        EXPECT_FALSE(effect.params.contains("parse_mode"));
        EXPECT_EQ(text_of(effect).substr(0, 4), "< < ");
    }
}

TEST(FitTexts, SaysWhatIsTooMuch) {
    const auto many = repeat("x", text_max * (long_text_messages_max + 1));
    const auto result = fit_effect({"sendMessage", {{"chat_id", 5}, {"text", many}}, {}});
    ASSERT_TRUE(result.has_error());
    EXPECT_EQ(result.error(),
              "sendMessage: text would make 51 messages; at most 50 are sent for one");
    const auto huge = repeat("x", long_text_bytes_max + 1);
    EXPECT_TRUE(fit_effect({"sendMessage", {{"chat_id", 5}, {"text", huge}}, {}}).has_error());
}

TEST(FitPhotos, OddPhotosGoAsDocuments) {
    const auto send = [](std::string bytes) {
        return fitted({"sendPhoto",
                       {{"chat_id", 5}, {"caption", "c"}, {"has_spoiler", true}},
                       {{"photo", "photo", "image/png", std::move(bytes)}}});
    };
    EXPECT_EQ(send(png(100, 2'000)).effects[0].method, "sendPhoto");
    EXPECT_EQ(send("who knows").effects[0].method, "sendPhoto");
    for (auto bytes : {png(100, 2'001), png(5'001, 5'000), std::string(photo_bytes_max + 1, 'x')}) {
        const auto all = send(std::move(bytes));
        const auto& effect = all.effects.at(0);
        EXPECT_EQ(effect.method, "sendDocument");
        EXPECT_EQ(effect.files.at(0).field, "document");
        EXPECT_EQ(effect.params, (json::object{{"chat_id", 5}, {"caption", "c"}}));
        EXPECT_EQ(all.changes.at(0).what, "photo_as_document");
    }
    EXPECT_EQ(send(png(100, 2'001)).effects[0].files[0].file_name, "photo.png");
}

TEST(FitPhotos, AnAlbumWithOneBecomesDocuments) {
    const json::array media{
        json::object{{"type", "photo"}, {"media", "attach://a"}, {"has_spoiler", true}},
        json::object{{"type", "photo"}, {"media", "attach://b"}, {"caption", "c"}}};
    const auto send = [&](unsigned height) {
        return fitted({"sendMediaGroup",
                       {{"chat_id", 5}, {"media", json::serialize(media)}},
                       {{"a", "a.png", "image/png", png(8, 8)},
                        {"b", "b.png", "image/png", png(8, height)}}});
    };
    EXPECT_EQ(send(8).effects[0].params.at("media"), media);
    EXPECT_EQ(json::serialize(send(800).effects[0].params.at("media")),
              R"([{"type":"document","media":"attach://a"},)"
              R"({"type":"document","media":"attach://b","caption":"c"}])");
}

TEST(WithoutRefusedMarkup, OnlyWhereMarkupWasRefused) {
    ApiError error;
    error.kind = ApiError::Kind::api;
    error.error_code = 400;
    error.description = "sendMessage: Bad Request: can't parse entities: Unclosed start tag";
    const Effect html{
        "sendMessage", {{"text", "a < <b>b</b> &amp; c"}, {"parse_mode", "HTML"}}, {}};
    const auto plain = without_refused_markup(html, error);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->params, (json::object{{"text", "a < b & c"}}));
    EXPECT_FALSE(without_refused_markup(*plain, error));
    const Effect markdown{"sendPhoto", {{"caption", "1\\.5 *b"}, {"parse_mode", "MarkdownV2"}}, {}};
    EXPECT_EQ(text_of(*without_refused_markup(markdown, error), "caption"), "1.5 *b");
    error.description = "sendMessage: Bad Request: chat not found";
    EXPECT_FALSE(without_refused_markup(html, error));
}

}  // namespace
}  // namespace tgstats
