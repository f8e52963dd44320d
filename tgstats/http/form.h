#pragma once
// The two ways a client fills a form: application/x-www-form-urlencoded and multipart/form-data
// (RFC 7578).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hotreload/base/result.h"
#include "tgstats/http/message.h"

namespace tgstats::http {

using hotreload::Result;

inline constexpr std::size_t form_fields_max = 1000;
inline constexpr std::size_t part_header_bytes_max = 8 * 1024;

// nullopt for a broken escape or a NUL. `plus_is_space` as in queries and forms, not in paths.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
std::string percent_encode(std::string_view text);  // everything but unreserved characters

// nullopt for a broken escape or more than form_fields_max fields.
std::optional<Params> parse_urlencoded(std::string_view text);

struct Part {
    std::string name;
    std::optional<std::string> filename;  // set for files
    std::string content_type;
    std::string data;
};

bool is_multipart(std::string_view content_type);
// The error says what is wrong with the form, for the client.
Result<std::vector<Part>, std::string> parse_multipart(std::string_view content_type,
                                                       std::string_view body);

}  // namespace tgstats::http
