#include "tgstats/content/image_size.h"

namespace tgstats {

namespace {

int byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}
int big_endian_16(std::string_view bytes, std::size_t at) {
    return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}
int little_endian_16(std::string_view bytes, std::size_t at) {
    return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8;
}
int big_endian_32(std::string_view bytes, std::size_t at) {
    return (big_endian_16(bytes, at) & 0x7FFF) << 16 | big_endian_16(bytes, at + 2);
}

std::optional<ImageSize> positive(ImageSize size) {
    if (size.width <= 0 || size.height <= 0) return std::nullopt;
    return size;
}

// Walks the segments up to the frame header (SOFn), which holds the size.
std::optional<ImageSize> jpeg_size(std::string_view bytes) {
    std::size_t at = 2;
    while (at + 9 <= bytes.size()) {
        if (byte_at(bytes, at) != 0xFF) return std::nullopt;
        const int marker = byte_at(bytes, at + 1);
        if (marker == 0xFF) {
            ++at;
            continue;
        }
        const bool frame =
            marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame)
            return positive({big_endian_16(bytes, at + 7), big_endian_16(bytes, at + 5), "jpg"});
        at += 2 + static_cast<std::size_t>(big_endian_16(bytes, at + 2));
    }
    return std::nullopt;
}

}  // namespace

std::optional<ImageSize> image_size(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG\r\n\x1A\n") && bytes.size() >= 24 &&
        bytes.substr(12, 4) == "IHDR") {
        return positive({big_endian_32(bytes, 16), big_endian_32(bytes, 20), "png"});
    }
    if (bytes.starts_with("\xFF\xD8\xFF")) return jpeg_size(bytes);
    if ((bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) && bytes.size() >= 10) {
        return positive({little_endian_16(bytes, 6), little_endian_16(bytes, 8), "gif"});
    }
    return std::nullopt;
}

}  // namespace tgstats
