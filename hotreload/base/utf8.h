#pragma once
// UTF-8 where bytes come from outside: what people and JSON get to read is always well-formed.

#include <string>
#include <string_view>

namespace hotreload {

// The length of the well-formed prefix of `text`; text.size() when all of it is.
std::size_t utf8_valid_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) { return utf8_valid_prefix(text) == text.size(); }
// Each byte that is part of no well-formed sequence becomes U+FFFD.
std::string to_utf8(std::string_view bytes);
// A JSON string with its quotes; ill-formed bytes as in to_utf8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace hotreload
