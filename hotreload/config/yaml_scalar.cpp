#include "hotreload/config/yaml_scalar.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

namespace hotreload {

namespace {

constexpr std::string_view decimal_digits = "0123456789";

template <class Number>
std::optional<Number> whole(std::string_view text, int base) {
    Number number{};
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, base);
    return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

std::size_t digits(std::string_view text) {
    const auto end = text.find_first_not_of(decimal_digits);
    return end == std::string_view::npos ? text.size() : end;
}

// [0-9]+(.[0-9]*)? or .[0-9]+, then an exponent. from_chars alone would take "inf", "nan" and leave
// remainders.
bool looks_decimal(std::string_view text) {
    const auto before = digits(text);
    text.remove_prefix(before);
    std::size_t after = 0;
    if (text.starts_with('.')) {
        after = digits(text.substr(1));
        text.remove_prefix(1 + after);
    }
    if (before + after == 0) return false;
    if (text.empty()) return true;
    if (text[0] != 'e' && text[0] != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && digits(text) == text.size();
}

std::optional<boost::json::value> integer(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0o")) {
        const auto number = whole<std::uint64_t>(text.substr(2), text[1] == 'x' ? 16 : 8);
        if (!number ||
            *number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return std::nullopt;
        }
        return boost::json::value(static_cast<std::int64_t>(*number));
    }
    if (const auto number = whole<std::int64_t>(text, 10)) return boost::json::value(*number);
    return std::nullopt;
}

}  // namespace

std::optional<bool> yaml_boolean(std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    return std::nullopt;
}

std::optional<boost::json::value> yaml_number(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) return std::nullopt;
    }
    if (auto number = integer(text)) return number;
    const bool negative = text.starts_with('-');
    const auto size = negative ? text.substr(1) : text;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (size == ".inf" || size == ".Inf" || size == ".INF")
        return boost::json::value(negative ? -infinity : infinity);
    if (text == ".nan" || text == ".NaN" || text == ".NAN") {
        return boost::json::value(std::numeric_limits<double>::quiet_NaN());
    }
    if (!looks_decimal(size)) return std::nullopt;
    double number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc::result_out_of_range)
        return boost::json::value(negative ? -infinity : infinity);
    return boost::json::value(number);
}

}  // namespace hotreload
