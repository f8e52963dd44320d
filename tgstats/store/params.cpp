#include "tgstats/store/params.h"

#include <boost/json/serialize.hpp>

namespace tgstats {

namespace {

constexpr std::size_t shown_chars_max = 60;

std::string shown(const json::value& value) {
    auto text = json::serialize(value);
    if (text.size() > shown_chars_max) text = text.substr(0, shown_chars_max) + "…";
    return text;
}

std::optional<std::int64_t> as_integer(const json::value& value) {
    if (value.is_int64()) return value.get_int64();
    if (value.is_uint64() && value.get_uint64() <= INT64_MAX)
        return static_cast<std::int64_t>(value.get_uint64());
    return std::nullopt;
}

}  // namespace

const json::value* Params::take(std::string_view name) {
    known_ += known_.empty() ? "" : ", ";
    known_ += name;
    const auto* value = params_.if_contains(name);
    if (value != nullptr) ++taken_;
    return value == nullptr || value->is_null() ? nullptr : value;
}

void Params::wrong(std::string_view name, const std::string& expected, const json::value* got) {
    if (!problem_.empty()) return;
    problem_ = "'" + std::string(name) + "' must be " + expected +
               (got != nullptr ? ", not " + shown(*got) : "");
}

std::optional<std::int64_t> Params::integer(std::string_view name, Range range) {
    const auto* value = take(name);
    if (value == nullptr) return std::nullopt;
    const auto number = as_integer(*value);
    if (number && *number >= range.least && *number <= range.most) return number;
    const bool bounded = range.least != INT64_MIN || range.most != INT64_MAX;
    wrong(name,
          bounded ? "an integer from " + std::to_string(range.least) + " to " +
                        std::to_string(range.most)
                  : "an integer",
          value);
    return std::nullopt;
}

std::int64_t Params::integer_or(std::string_view name, Range range, std::int64_t absent) {
    return integer(name, range).value_or(absent);
}

std::int64_t Params::required(std::string_view name, Range range) {
    const auto number = integer(name, range);
    if (!number) wrong(name, "given: an integer", nullptr);
    return number.value_or(0);
}

std::string Params::word(std::string_view name, std::initializer_list<std::string_view> words,
                         bool needed) {
    const auto* value = take(name);
    if (value == nullptr && !needed) return std::string(*words.begin());
    if (value != nullptr && value->is_string())
        for (const auto one : words)
            if (one == std::string_view(value->get_string())) return std::string(one);
    std::string expected = "one of";
    for (const auto one : words) expected += " \"" + std::string(one) + "\"";
    wrong(name, expected, value);
    return std::string(*words.begin());
}

std::string Params::problem() const {
    if (!problem_.empty() || taken_ == params_.size()) return problem_;
    for (const auto& member : params_) {
        const std::string name(member.key());
        if ((", " + known_ + ", ").find(", " + name + ", ") == std::string::npos)
            return "unknown parameter '" + name + "'; expected: " + known_;
    }
    return {};
}

}  // namespace tgstats
