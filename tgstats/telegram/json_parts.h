#pragma once
// Where the parts of a JSON text lie, by its brackets and quotation marks alone: what is wrong
// within one part (too deep, ill-formed UTF-8, half a surrogate pair) spoils no other.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tgstats {

struct JsonMember {
    std::string key;
    std::string_view value;
};

// Views into `text`, white space around them apart; nullopt where it is no array or object, or does
// not end where it should. A member without a key or a value is left out.
std::optional<std::vector<std::string_view>> json_items(std::string_view text);
std::optional<std::vector<JsonMember>> json_members(std::string_view text);
// How many objects and arrays lie within each other at the most.
std::size_t json_depth(std::string_view text);

}  // namespace tgstats
