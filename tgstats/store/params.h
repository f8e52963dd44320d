#pragma once
// Reads a verb's parameters: each is named once with its range, and whatever is left over is an
// error.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace tgstats {

namespace json = boost::json;

struct Range {
    std::int64_t least;
    std::int64_t most;
};

class Params {
public:
    explicit Params(const json::object& params) : params_(params) {}

    std::optional<std::int64_t> integer(std::string_view name, Range range);
    std::int64_t integer_or(std::string_view name, Range range, std::int64_t absent);
    std::int64_t required(std::string_view name, Range range);
    // One of `words`; absent is the first one.
    std::string word(std::string_view name, std::initializer_list<std::string_view> words,
                     bool needed);

    [[nodiscard]] const std::string& wrong_value() const { return problem_; }
    // The first thing that was wrong, names that no one asked for included; empty when all is well.
    [[nodiscard]] std::string problem() const;

private:
    const json::value* take(std::string_view name);
    void wrong(std::string_view name, const std::string& expected, const json::value* got);

    const json::object& params_;
    std::string known_;  // " chat_id days …"
    std::size_t taken_ = 0;
    std::string problem_;
};

}  // namespace tgstats
