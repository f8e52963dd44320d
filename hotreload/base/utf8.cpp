#include "hotreload/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace hotreload {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool in(unsigned char byte, unsigned low, unsigned high) { return byte >= low && byte <= high; }

// Length of the well-formed sequence at the start of `text` (Unicode, table 3-7); 0 when there is
// none.
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : std::uint8_t{0};
    };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    if (in(first, 0xC2, 0xDF)) return in(at(1), 0x80, 0xBF) ? 2 : 0;
    if (in(first, 0xE0, 0xEF)) {
        const unsigned low = first == 0xE0 ? 0xA0 : 0x80;   // no overlong forms
        const unsigned high = first == 0xED ? 0x9F : 0xBF;  // no surrogates
        return in(at(1), low, high) && in(at(2), 0x80, 0xBF) ? 3 : 0;
    }
    if (in(first, 0xF0, 0xF4)) {
        const unsigned low = first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xF4 ? 0x8F : 0xBF;  // nothing above U+10FFFF
        return in(at(1), low, high) && in(at(2), 0x80, 0xBF) && in(at(3), 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

void append_escaped(std::string& out, char letter) {
    static constexpr std::string_view digits = "0123456789abcdef";
    switch (letter) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    if (static_cast<unsigned char>(letter) >= 0x20) {
        out += letter;
        return;
    }
    out += "\\u00";
    out += digits[static_cast<unsigned char>(letter) >> 4];
    out += digits[static_cast<unsigned char>(letter) & 15];
}

}  // namespace

std::size_t utf8_valid_prefix(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    std::size_t at = 0;
    while (at < text.size()) {
        // Nearly all text that comes by is ASCII: eight bytes at a time.
        std::uint64_t eight = high_bits;
        if (text.size() - at >= sizeof eight) std::memcpy(&eight, text.data() + at, sizeof eight);
        if ((eight & high_bits) == 0) {
            at += sizeof eight;
            continue;
        }
        const auto length = sequence_length(text.substr(at));
        if (length == 0) return at;
        at += length;
    }
    return at;
}

std::string to_utf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto valid = utf8_valid_prefix(bytes);
        text += bytes.substr(0, valid);
        bytes.remove_prefix(valid);
        if (bytes.empty()) break;
        text += replacement;
        bytes.remove_prefix(1);
    }
    return text;
}

void append_json_string(std::string& out, std::string_view text) {
    if (!is_utf8(text)) return append_json_string(out, to_utf8(text));
    out += '"';
    for (const char letter : text) append_escaped(out, letter);
    out += '"';
}

}  // namespace hotreload
