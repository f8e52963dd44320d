#pragma once
// Texts inside Telegram's HTML.

#include <string>
#include <string_view>

namespace tgstats {

std::string escape_html(std::string_view text);

}  // namespace tgstats
