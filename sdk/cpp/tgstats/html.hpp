#pragma once
// Telegram's HTML with values in it: what comes from people cannot become markup.

#include <initializer_list>
#include <string>
#include <string_view>

namespace tgstats {

inline std::string escape_html(std::string_view text) {
    std::string escaped;
    for (const char letter : text) {
        if (letter == '<')
            escaped += "&lt;";
        else if (letter == '>')
            escaped += "&gt;";
        else if (letter == '&')
            escaped += "&amp;";
        else if (letter == '"')
            escaped += "&quot;";
        else
            escaped += letter;
    }
    return escaped;
}

// html("<b>{}</b> wrote {}", {name, words}): each {} becomes a value, escaped.
inline std::string html(std::string_view pattern, std::initializer_list<std::string_view> values) {
    std::string text;
    for (const auto value : values) {
        const auto place = pattern.find("{}");
        if (place == std::string_view::npos) break;
        text += pattern.substr(0, place);
        text += escape_html(value);
        pattern.remove_prefix(place + 2);
    }
    text += pattern;
    return text;
}

}  // namespace tgstats
