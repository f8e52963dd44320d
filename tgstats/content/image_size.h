#pragma once
// Width and height of a picture, read from the header of its file.

#include <optional>
#include <string_view>

namespace tgstats {

struct ImageSize {
    int width = 0;
    int height = 0;
    std::string_view extension;  // "png", "jpg", "gif"
};

// nullopt for anything that is not a PNG, JPEG or GIF file with a whole header.
std::optional<ImageSize> image_size(std::string_view bytes);

}  // namespace tgstats
