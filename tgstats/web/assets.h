#pragma once
// The files of the web pages, held in the program.

#include <span>
#include <string_view>

namespace tgstats {

struct Asset {
    std::string_view name;  // "index.html"
    std::string_view bytes;
};

std::span<const Asset> assets();

}  // namespace tgstats
