#pragma once
// Text as Telegram counts it, in UTF-16 code units, and the character references of its HTML.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tgstats {

// Of a message's text and of a caption, after its entities have been parsed.
inline constexpr std::size_t text_units_max = 4096;
inline constexpr std::size_t caption_units_max = 1024;

std::size_t utf16_length(std::string_view utf8);
std::string utf8_of(char32_t code_point);
// "&lt;" and its like at the front of `rest`: the text it stands for, taken from there. Anything
// else is itself: nullopt.
std::optional<std::string> take_character_reference(std::string_view& rest);

}  // namespace tgstats
