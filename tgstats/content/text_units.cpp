#include "tgstats/content/text_units.h"

#include <charconv>
#include <cstdint>

namespace tgstats {

std::size_t utf16_length(std::string_view utf8) {
    std::size_t units = 0;
    for (const char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
    }
    return units;
}

std::string utf8_of(char32_t code_point) {
    const auto c = static_cast<std::uint32_t>(code_point);
    const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(c)};
    if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(c >> 6), tail(c)};
    return {static_cast<char>(0xF0 | (c >> 18)), tail(c >> 12), tail(c >> 6), tail(c)};
}

std::optional<std::string> take_character_reference(std::string_view& rest) {
    const auto end = rest.substr(0, 12).find(';');
    if (end == std::string_view::npos) return std::nullopt;
    const auto name = rest.substr(1, end - 1);
    std::optional<std::string> text;
    if (name == "lt") text = "<";
    if (name == "gt") text = ">";
    if (name == "amp") text = "&";
    if (name == "quot") text = "\"";
    if (name.starts_with('#') && name.size() > 1) {
        const bool hex = name[1] == 'x';
        const auto digits = name.substr(hex ? 2 : 1);
        std::uint32_t code = 0;
        const auto [stop, failure] =
            std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
        const bool surrogate = code >= 0xD800 && code < 0xE000;
        if (failure == std::errc{} && stop == digits.data() + digits.size() && code > 0 &&
            code < 0x110000 && !surrogate) {
            text = utf8_of(code);
        }
    }
    if (text) rest.remove_prefix(end + 1);
    return text;
}

}  // namespace tgstats
