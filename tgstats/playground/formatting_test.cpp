#include "tgstats/playground/formatting.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace tgstats::playground {
namespace {

// "text|type:offset+length(extra) …", or "! error".
std::string show(const Result<FormattedText, std::string>& parsed) {
    if (!parsed) return "! " + parsed.error();
    auto line = parsed->text + "|";
    for (const auto& value : parsed->entities) {
        const auto& entity = value.as_object();
        line += std::string(entity.at("type").as_string()) + ":" +
                json::serialize(entity.at("offset")) + "+" + json::serialize(entity.at("length"));
        for (const auto* extra : {"url", "language", "custom_emoji_id"}) {
            if (entity.contains(extra))
                line += "(" + std::string(entity.at(extra).as_string()) + ")";
        }
        line += " ";
    }
    return line;
}

struct Formatted {
    const char* source;
    const char* expected;
};

TEST(ParseHtml, MakesEntities) {
    const Formatted cases[] = {
        {"plain", "plain|"},
        {"<b>a</b><i>b</i>", "ab|bold:0+1 italic:1+1 "},
        {"\xF0\x9F\x98\x80 <b>x\xC3\xA9</b>", "\xF0\x9F\x98\x80 x\xC3\xA9|bold:3+2 "},
        {"<b>a<i>b</i></b>", "ab|bold:0+2 italic:1+1 "},
        {"<a href=\"http://e.x/?a&amp;b\">t</a>", "t|text_link:0+1(http://e.x/?a&b) "},
        {"<pre><code class=\"language-c\">x</code></pre>", "x|pre:0+1(c) "},
        {"<span class='tg-spoiler'>s</span>", "s|spoiler:0+1 "},
        {"<blockquote expandable>q</blockquote>", "q|expandable_blockquote:0+1 "},
        {"<tg-emoji emoji-id='5'>e</tg-emoji>", "e|custom_emoji:0+1(5) "},
        {"1 &lt; 2 &amp;&amp; &#x41;&#66; &nope; &", "1 < 2 && AB &nope; &|"},
        {"  <b> a </b>  ", "a|bold:0+1 "},
        {"<b></b>x", "x|"},
    };
    for (const auto& [source, expected] : cases)
        EXPECT_EQ(show(parse_html(source)), expected) << source;
}

TEST(ParseHtml, SaysWhatIsWrong) {
    const Formatted cases[] = {
        {"a <x>", "! Unsupported start tag \"x\" at byte offset 2"},
        {"<b>a", "! Can't find end tag corresponding to start tag \"b\""},
        {"a</b>", "! Unexpected end tag at byte offset 1"},
        {"<b>a</i>", "! Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""},
        {"a <b", "! Unclosed start tag at byte offset 2"},
        {"1 < 2", "! Unclosed start tag at byte offset 2"},
    };
    for (const auto& [source, expected] : cases)
        EXPECT_EQ(show(parse_html(source)), expected) << source;
}

TEST(ParseMarkdownV2, MakesEntities) {
    const Formatted cases[] = {
        {"*a* _b_ __c__ ~d~ ||e||",
         "a b c d e|bold:0+1 italic:2+1 underline:4+1 strikethrough:6+1 spoiler:8+1 "},
        {"*a _b_*", "a b|bold:0+3 italic:2+1 "},
        {"1\\.5 \\*", "1.5 *|"},
        {"`a*b\\``", "a*b`|code:0+4 "},
        {"```py\nx=1\n```", "x=1|pre:0+3(py) "},
        {"[t](http://e.x/\\))", "t|text_link:0+1(http://e.x/)) "},
        {"![x](tg://emoji?id=7)", "x|custom_emoji:0+1(7) "},
        {">a\n>b\nc", "a\nb\nc|blockquote:0+3 "},
        {"\xF0\x9F\x98\x80*x*", "\xF0\x9F\x98\x80x|bold:2+1 "},
    };
    for (const auto& [source, expected] : cases)
        EXPECT_EQ(show(parse_markdown_v2(source)), expected) << source;
}

TEST(ParseMarkdownV2, SaysWhatIsWrong) {
    const Formatted cases[] = {
        {"a.", "! Character '.' is reserved and must be escaped with the preceding '\\'"},
        {"a|b", "! Character '|' is reserved and must be escaped with the preceding '\\'"},
        {"x *a", "! Can't find end of Bold entity at byte offset 2"},
        {"[a](b", "! Can't find end of a URL at byte offset 0"},
    };
    for (const auto& [source, expected] : cases)
        EXPECT_EQ(show(parse_markdown_v2(source)), expected) << source;
}

TEST(ParseMarkdown, KnowsTheLegacyMarks) {
    EXPECT_EQ(show(parse_markdown("*a* _b_ `c` [t](u) \\* 1.5")),
              "a b c t * 1.5|bold:0+1 italic:2+1 code:4+1 text_link:6+1(u) ");
    EXPECT_EQ(show(parse_markdown("x *a")),
              "! Can't find end of the entity starting at byte offset 2");
}

TEST(DetectedEntities, AreFoundInPlainText) {
    const Formatted cases[] = {
        {"/start@tgstats_bot now", "/start@tgstats_bot now|bot_command:0+18 "},
        {"\xF0\x9F\x98\x80 /go", "\xF0\x9F\x98\x80 /go|bot_command:3+3 "},
        {"a/b /c/d 1/2", "a/b /c/d 1/2|"},
        {"@ada_l #tag #12 x@yyyyy", "@ada_l #tag #12 x@yyyyy|mention:0+6 hashtag:7+4 "},
        {"see https://e.x/a?b.", "see https://e.x/a?b.|url:4+15 "},
    };
    for (const auto& [source, expected] : cases) {
        FormattedText formatted{source, {}};
        add_detected_entities(formatted);
        EXPECT_EQ(show(formatted), expected) << source;
    }
}

TEST(DetectedEntities, AreNotFoundInsideCode) {
    auto formatted = parse_html("<code>/a</code> <b>/b</b>");
    ASSERT_TRUE(formatted);
    add_detected_entities(*formatted);
    EXPECT_EQ(show(formatted), "/a /b|code:0+2 bold:3+2 bot_command:3+2 ");
}

}  // namespace
}  // namespace tgstats::playground
