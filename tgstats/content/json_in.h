#pragma once
// JSON that others have written as text.

#include <optional>
#include <string_view>

#include <boost/json/value.hpp>

#include "hotreload/base/json_text.h"

namespace tgstats {

// What it says, numbers exact; nullopt where it is no JSON, or none that could be read once more
// after it has been written.
inline std::optional<boost::json::value> json_in(std::string_view text) {
    auto value = hotreload::parse_json(text);
    if (!value || !hotreload::unwritable_reason(*value).empty()) return std::nullopt;
    return std::move(*value);
}

}  // namespace tgstats
