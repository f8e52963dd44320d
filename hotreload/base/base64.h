#pragma once
// Base64 (RFC 4648 section 4, with padding): how bytes travel inside JSON.

#include <optional>
#include <string>
#include <string_view>

namespace hotreload {

std::string base64_encode(std::string_view bytes);
// nullopt for anything that is not well-formed, padded base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace hotreload
