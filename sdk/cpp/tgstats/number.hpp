#pragma once
// Numbers as people read them.

#include <cstdint>
#include <string>

namespace tgstats {

// Thousands apart: "12,345", "-1,000".
inline std::string grouped(std::int64_t number) {
    auto text = std::to_string(number);
    const std::size_t digits_from = number < 0 ? 1 : 0;
    for (auto at = text.size(); at > digits_from + 3; at -= 3) text.insert(at - 3, 1, ',');
    return text;
}

}  // namespace tgstats
