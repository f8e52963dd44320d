#pragma once
// Messages with buttons, and what a press on one leads to.

#include <string>
#include <vector>

#include "tgstats/dispatch/built_ins.h"

namespace tgstats {

inline constexpr std::size_t callback_bytes_max = 64;  // Telegram's bound

struct Button {
    std::string text;
    std::string data;  // at most callback_bytes_max
};
// What a panel shows: Telegram HTML and rows of buttons.
struct Page {
    std::string html;
    std::vector<std::vector<Button>> rows;
};
json::object keyboard_of(const Page& page);  // empty without buttons

BuiltInAnswer reply(const BuiltInCall& call, std::string html);
BuiltInAnswer reply(const BuiltInCall& call, const Page& page);
// To a press: words that the person has to close; nothing else happens.
BuiltInAnswer alert(const BuiltInCall& call, const std::string& text);
// To a press, at once: words that go by themselves; what it leads to comes later.
Task<void> tell_press(BuiltInCallPtr call, std::string text);
// Puts the page in the place of the message whose button was pressed, unless it shows that already:
// Telegram refuses an edit that changes nothing.
BuiltInAnswer replace(const BuiltInCall& call, const Page& page);

// "s1:ask:text:90" → {"ask", "text", "90"}
std::vector<std::string> words_of_data(std::string_view data);
// The text as it is shown: tags gone, escapes undone.
std::string shown_text(std::string_view html);
// "1,234"
std::string grouped(std::int64_t number);

}  // namespace tgstats
