#pragma once
// A text taken apart into what must not be cut: characters, character references and tags. Inside
// this folder, but for plain_of_html.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tgstats {

struct TextAtom {
    enum class Kind : std::uint8_t { text, space, line_end, open, close };
    std::string_view source;  // of the text that was taken apart
    char32_t code_point = 0;  // what it stands for; 0 for a tag
    Kind kind = Kind::text;

    // In UTF-16; a tag has none.
    [[nodiscard]] std::size_t units() const {
        return code_point == 0 ? 0 : code_point > 0xFFFF ? 2 : 1;
    }
    [[nodiscard]] bool blank() const { return kind == Kind::space || kind == Kind::line_end; }
};

std::vector<TextAtom> plain_atoms(std::string_view text);
// Markdown: a backslash stays with the character after it.
std::vector<TextAtom> markdown_atoms(std::string_view text);
// nullopt when Telegram would not take it: a tag that is not closed, closed in the wrong place or
// no tag at all.
std::optional<std::vector<TextAtom>> html_atoms(std::string_view html);
// "a" of "<a href=…>" and of "</a>", in lower case.
std::string tag_name(std::string_view tag);
// The text alone, of well-formed HTML and of any other: tags removed, references resolved.
std::string plain_of_html(std::string_view html);

}  // namespace tgstats
