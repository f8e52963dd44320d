#pragma once
// JSON as the project's own files hold it: what is written can be read again, to the same values.

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "hotreload/base/result.h"

namespace hotreload {

struct JsonFault {
    std::string reason;  // "not valid JSON at byte 12", "a number in it is not finite"
};

inline constexpr std::size_t json_depth_max = 256;  // objects and arrays within each other

// Why `value` could not be read again once written; empty when it could.
std::string unwritable_reason(const boost::json::value& value,
                              std::size_t depth_max = json_depth_max);
// One line without its end. Ill-formed UTF-8 in strings becomes U+FFFD.
Result<std::string, JsonFault> json_text(const boost::json::value& value);
// One value, white space around it apart; numbers are exact.
Result<boost::json::value, JsonFault> parse_json(std::string_view text);

}  // namespace hotreload
