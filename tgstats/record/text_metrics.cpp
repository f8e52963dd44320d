#include "tgstats/record/text_metrics.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace tgstats {

std::int64_t code_points(std::string_view utf8) {
    std::int64_t count = 0;
    for (const char byte : utf8)
        count += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U ? 1 : 0;
    return count;
}

std::int64_t count_emoji(std::string_view utf8) {
    std::int64_t count = 0;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
    const auto length = static_cast<std::int32_t>(utf8.size());
    for (std::int32_t at = 0; at < length;) {
        if (bytes[at] < 0x80) {
            ++at;
            continue;
        }
        UChar32 point = 0;
        U8_NEXT(bytes, at, length, point);
        if (point > 0 && u_hasBinaryProperty(point, UCHAR_EMOJI) != 0) ++count;
    }
    return count;
}

std::int64_t count_http_links(std::string_view text) {
    std::int64_t count = 0;
    for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", at + 3)) {
        const auto before = text.substr(0, at);
        const bool web = before.ends_with("http") || before.ends_with("https");
        const bool more = at + 3 < text.size() && static_cast<unsigned char>(text[at + 3]) > ' ';
        count += web && more ? 1 : 0;
    }
    return count;
}

}  // namespace tgstats
