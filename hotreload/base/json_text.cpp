#include "hotreload/base/json_text.h"

#include <cmath>
#include <utility>

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include "hotreload/base/utf8.h"

namespace hotreload {

namespace json = boost::json;

std::string unwritable_reason(const json::value& value, std::size_t depth_max) {
    if (value.is_double() && !std::isfinite(value.get_double()))
        return "a number in it is not finite";
    if (!value.is_structured()) return {};
    if (depth_max == 0) return "it is nested too deep";
    if (value.is_array()) {
        for (const auto& item : value.get_array())
            if (auto reason = unwritable_reason(item, depth_max - 1); !reason.empty())
                return reason;
        return {};
    }
    for (const auto& member : value.get_object())
        if (auto reason = unwritable_reason(member.value(), depth_max - 1); !reason.empty())
            return reason;
    return {};
}

Result<std::string, JsonFault> json_text(const json::value& value) {
    if (auto reason = unwritable_reason(value); !reason.empty())
        return JsonFault{std::move(reason)};
    auto text = json::serialize(value);
    if (!is_utf8(text)) text = to_utf8(text);
    return Result<std::string, JsonFault>(in_place_value, std::move(text));
}

Result<json::value, JsonFault> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = json_depth_max;
    json::stream_parser parser({}, options);
    json::error_code error;
    const auto used = parser.write_some(text.data(), text.size(), error);
    if (!error && !parser.done())
        return JsonFault{"not valid JSON: it ends early, at byte " + std::to_string(used)};
    if (error || text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        return JsonFault{"not valid JSON at byte " + std::to_string(used)};
    return parser.release();
}

}  // namespace hotreload
