#include "hotreload/base/json_text.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_stack.hpp>

#include "hotreload/base/utf8.h"

namespace hotreload {

namespace json = boost::json;

namespace {

// What the parser finds, as a value. Boost's own parser rounds every tenth number with many digits
// to a neighbour of what was written; here each is exact.
struct Builder {
    static constexpr auto unbounded = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_object_size = unbounded, max_array_size = unbounded,
                                 max_key_size = unbounded, max_string_size = unbounded;
    using Error = json::error_code;

    json::value_stack values;
    std::string number;  // the parts of it so far

    bool on_document_begin(Error&) {
        values.reset();
        return true;
    }
    bool on_document_end(Error&) { return true; }
    bool on_object_begin(Error&) { return true; }
    bool on_object_end(std::size_t count, Error&) {
        values.push_object(count);
        return true;
    }
    bool on_array_begin(Error&) { return true; }
    bool on_array_end(std::size_t count, Error&) {
        values.push_array(count);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, Error&) {
        values.push_chars(part);
        return true;
    }
    bool on_key(json::string_view rest, std::size_t, Error&) {
        values.push_key(rest);
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, Error&) {
        values.push_chars(part);
        return true;
    }
    bool on_string(json::string_view rest, std::size_t, Error&) {
        values.push_string(rest);
        return true;
    }
    bool on_number_part(json::string_view part, Error&) {
        number.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t value, json::string_view, Error&) {
        number.clear();
        values.push_int64(value);
        return true;
    }
    bool on_uint64(std::uint64_t value, json::string_view, Error&) {
        number.clear();
        values.push_uint64(value);
        return true;
    }
    bool on_double(double value, json::string_view rest, Error&) {
        number.append(rest.data(), rest.size());
        // Beyond the range of double the parser's own value (infinite, or 0) stays.
        std::from_chars(number.data(), number.data() + number.size(), value);
        number.clear();
        values.push_double(value);
        return true;
    }
    bool on_bool(bool value, Error&) {
        values.push_bool(value);
        return true;
    }
    bool on_null(Error&) {
        values.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, Error&) { return true; }
    bool on_comment(json::string_view, Error&) { return true; }
};

}  // namespace

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
    json::basic_parser<Builder> parser(options);
    json::error_code error;
    const auto used = parser.write_some(false, text.data(), text.size(), error);
    if (error == json::error::incomplete)
        return JsonFault{"not valid JSON: it ends early, at byte " + std::to_string(used)};
    if (error || text.find_first_not_of(" \t\r\n", used) != std::string_view::npos)
        return JsonFault{"not valid JSON at byte " + std::to_string(used)};
    return parser.handler().values.release();
}

}  // namespace hotreload
