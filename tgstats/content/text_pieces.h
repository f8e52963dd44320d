#pragma once
// A text that is too long for one message, cut into pieces that are not: at a line end where there
// is one, else between words, else between what people see as characters. Of HTML, what is open at
// a cut is closed there and opened again after it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tgstats {

enum class Markup { none, html, markdown };

struct TextPiece {
    std::string source;     // with its markup
    std::size_t begin = 0;  // where it begins in the whole text, and how long it is: UTF-16 units
    std::size_t units = 0;  // of its text, without markup (of Markdown: with it)
};

// How many units the first piece and each of the others may have.
struct PieceSizes {
    std::size_t first = 0;
    std::size_t rest = 0;
};

// At least one piece; white space around pieces is dropped, as Telegram drops it around texts.
// nullopt: HTML that Telegram would not take.
std::optional<std::vector<TextPiece>> text_pieces(std::string_view text, Markup markup,
                                                  PieceSizes sizes);

}  // namespace tgstats
