#pragma once
// What is counted in a text: code points, emoji, links.

#include <cstdint>
#include <string_view>

namespace tgstats {

std::int64_t code_points(std::string_view utf8);
// Emoji code points; digits, # and * do not count, and a flag or a family counts its parts.
std::int64_t count_emoji(std::string_view utf8);
// "http://" and "https://" with something behind it.
std::int64_t count_http_links(std::string_view text);

}  // namespace tgstats
