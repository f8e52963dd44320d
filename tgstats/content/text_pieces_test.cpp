#include "tgstats/content/text_pieces.h"

#include <gtest/gtest.h>

#include "tgstats/content/text_atoms.h"
#include "tgstats/content/text_units.h"

namespace tgstats {
namespace {

// "piece|piece …", or "malformed".
std::string cut(std::string_view text, std::size_t size, Markup markup = Markup::none) {
    const auto pieces = text_pieces(text, markup, {size, size});
    if (!pieces) return "malformed";
    std::string line;
    for (const auto& piece : *pieces) line += (line.empty() ? "" : "|") + piece.source;
    return line;
}

TEST(TextPieces, CutsAtLineEndsThenWordsThenAnywhere) {
    EXPECT_EQ(cut("short", 10), "short");
    EXPECT_EQ(cut("one two\nthree four", 12), "one two\n|three four");
    EXPECT_EQ(cut("one two three", 9), "one two |three");
    EXPECT_EQ(cut("one two", 3), "one|two");
    EXPECT_EQ(cut("abcdefgh", 3), "abc|def|gh");
    EXPECT_EQ(cut("\n\n  a\n\n\n\n\n b \n", 3), "a\n\n|b \n");
    EXPECT_EQ(cut("", 3), "");
    EXPECT_EQ(cut(" \n ", 1), "");
}

TEST(TextPieces, TheFirstMayBeShorterAndEachKnowsItsPlace) {
    const auto pieces = text_pieces("  ab cd😀efg", Markup::none, {3, 7});
    ASSERT_EQ(pieces->size(), 2U);
    EXPECT_EQ(pieces->at(0).source, "ab ");
    EXPECT_EQ(pieces->at(0).begin, 2U);
    EXPECT_EQ(pieces->at(0).units, 3U);
    EXPECT_EQ(pieces->at(1).begin, 5U);
    EXPECT_EQ(pieces->at(1).source, "cd😀efg");
}

TEST(TextPieces, CountsUtf16AndCutsNoCharacter) {
    EXPECT_EQ(cut("😀😀😀", 5), "😀😀|😀");
    EXPECT_EQ(cut("aé́b", 2), "a|é́|b");                // two accents, one of them combining
    const std::string family = "👩‍👩‍👧";  // 8 units, one picture
    EXPECT_EQ(cut("abc" + family + "d", 10), "abc|" + family + "d");
    EXPECT_EQ(cut("a🇩🇪🇫🇷", 7), "a🇩🇪|🇫🇷");
    EXPECT_EQ(cut("a\xFF"
                  "b",
                  1),
              "a|\xFF|b");
}

TEST(TextPieces, ClosesAndOpensTags) {
    EXPECT_EQ(cut("<b>one\ntwo</b>", 4, Markup::html), "<b>one\n</b>|<b>two</b>");
    EXPECT_EQ(cut("<a href=\"x>y\">ab <i>cd ef</i></a> gh", 6, Markup::html),
              "<a href=\"x>y\">ab <i>cd </i></a>|<a href=\"x>y\"><i>ef</i></a> gh");
    EXPECT_EQ(cut("<PRE><code class=\"language-c\">a\nb</code></PRE>", 2, Markup::html),
              "<PRE><code class=\"language-c\">a\n</code></pre>|"
              "<PRE><code class=\"language-c\">b</code></PRE>");
    EXPECT_EQ(cut("<b>ab</b><i>cd</i>", 2, Markup::html), "<b>ab</b><i></i>|<i>cd</i>");
}

TEST(TextPieces, KeepsReferencesWholeAndCountsThemAsOne) {
    EXPECT_EQ(cut("&amp;&lt;&#128512;&gt;", 2, Markup::html), "&amp;&lt;|&#128512;|&gt;");
    EXPECT_EQ(cut("&amp;&x;", 3, Markup::html), "&amp;&x|;");
    EXPECT_EQ(cut("a\\*b", 2, Markup::markdown), "a|\\*|b");
}

TEST(TextPieces, SaysWhatTelegramWouldNotTake) {
    for (const auto* text :
         {"<b>a", "a</b>", "<b><i>a</b></i>", "a < b", "<b", "<a href=\"x>y</a>"})
        EXPECT_EQ(cut(text, 9, Markup::html), "malformed") << text;
}

TEST(PlainOfHtml, LeavesTheText) {
    EXPECT_EQ(plain_of_html("<b>a &lt; b</b> < c <i>d"), "a < b < c d");
    EXPECT_EQ(plain_of_html("&#128512; &unknown; <a href='>'>x</a>"), "😀 &unknown; x");
}

// Whatever the text and the size: no piece is too long, each is well-formed, and together they
// have every character that is not white space.
TEST(TextPieces, LoseNothing) {
    const std::vector<std::string> parts{"<b>",   "</b>", "<i>",   "</i>",
                                         "word ", "\n",   "&amp;", "😀",
                                         "é",     " ",    "x",     "👩‍👩‍👧",
                                         "&#65;"};
    const auto solid = [](const std::string& html) {
        std::string kept;
        for (const char c : plain_of_html(html))
            if (c != ' ' && c != '\n') kept += c;
        return kept;
    };
    std::uint32_t random = 7;
    for (int round = 0; round < 2'000; ++round) {
        std::string html;
        std::vector<std::string> open;
        for (int i = 0; i < 40; ++i) {
            random = random * 1'664'525U + 1'013'904'223U;
            const auto& part = parts[(random >> 8U) % parts.size()];
            if (part.starts_with("</")) {
                if (open.empty()) continue;
                html += open.back();
                open.pop_back();
                continue;
            }
            if (part.starts_with("<")) open.push_back("</" + part.substr(1));
            html += part;
        }
        for (; !open.empty(); open.pop_back()) html += open.back();
        const std::size_t size = 8 + (random >> 16U) % 20;
        const auto pieces = text_pieces(html, Markup::html, {size, size});
        ASSERT_TRUE(pieces) << html;
        std::string together;
        for (const auto& piece : *pieces) {
            EXPECT_TRUE(html_atoms(piece.source)) << html << "\n" << piece.source;
            EXPECT_LE(utf16_length(plain_of_html(piece.source)), size) << html;
            together += solid(piece.source);
        }
        EXPECT_EQ(together, solid(html));
    }
}

}  // namespace
}  // namespace tgstats
