#pragma once
// Secrets that a client has to show.

#include <string>
#include <string_view>

namespace tgstats::http {

// Equal length and content, in a time that does not depend on where they differ.
bool same_secret(std::string_view a, std::string_view b);
// 256 random bits as letters, digits, "-" and "_".
std::string random_secret();

}  // namespace tgstats::http
