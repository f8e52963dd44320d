#include "tgstats/settings/replies.h"

#include <array>

#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

const json::object* pressed_message(const BuiltInCall& call) { return call.update.message_json(); }

bool shows_already(const json::object& message, const Page& page) {
    const auto* text = message.if_contains("text");
    if (text == nullptr || *text != json::value(shown_text(page.html))) return false;
    const auto* markup = message.if_contains("reply_markup");
    const auto wanted = keyboard_of(page);
    return markup == nullptr ? wanted.empty() : *markup == json::value(wanted);
}

}  // namespace

json::object keyboard_of(const Page& page) {
    json::array rows;
    for (const auto& row : page.rows) {
        json::array buttons;
        for (const auto& button : row)
            buttons.push_back({{"text", button.text}, {"callback_data", button.data}});
        rows.push_back(std::move(buttons));
    }
    if (rows.empty()) return {};
    return {{"inline_keyboard", std::move(rows)}};
}

BuiltInAnswer reply(const BuiltInCall& call, std::string html) {
    BuiltInAnswer answer;
    answer.effects.push_back(message_effect(call.target(), std::move(html)));
    return answer;
}

BuiltInAnswer reply(const BuiltInCall& call, const Page& page) {
    BuiltInAnswer answer;
    answer.effects.push_back(message_effect(call.target(), page.html, keyboard_of(page)));
    return answer;
}

BuiltInAnswer alert(const BuiltInCall& call, const std::string& text) {
    BuiltInAnswer answer;
    answer.effects.push_back(answer_to_press(call, text, true));
    return answer;
}

BuiltInAnswer replace(const BuiltInCall& call, const Page& page) {
    BuiltInAnswer answer;
    const auto* message = pressed_message(call);
    if (message == nullptr || shows_already(*message, page)) return answer;
    json::object params{{"chat_id", call.update.chat_id},
                        {"message_id", integer_in(*message, "message_id")},
                        {"text", page.html},
                        {"parse_mode", "HTML"}};
    if (auto keyboard = keyboard_of(page); !keyboard.empty())
        params["reply_markup"] = std::move(keyboard);
    answer.effects.push_back(
        {.method = "editMessageText", .params = std::move(params), .files = {}});
    return answer;
}

Task<void> tell_press(BuiltInCallPtr call, std::string text) {
    std::vector<Effect> effects;
    effects.push_back(answer_to_press(*call, text));
    co_await call->say_now(std::move(effects));
}

std::vector<std::string> words_of_data(std::string_view data) {
    std::vector<std::string> words;
    for (auto at = data.find(':'); at != data.npos;) {
        const auto end = data.find(':', at + 1);
        words.emplace_back(data.substr(at + 1, end == data.npos ? data.npos : end - at - 1));
        at = end;
    }
    return words;
}

std::string shown_text(std::string_view html) {
    static constexpr std::array<std::pair<std::string_view, char>, 3> escapes{
        {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}}};
    std::string text;
    for (std::size_t at = 0; at < html.size();) {
        if (html[at] == '<') {
            at = html.find('>', at);
            if (at == html.npos) break;
            ++at;
            continue;
        }
        std::size_t length = 1;
        char shown = html[at];
        for (const auto& [escape, sign] : escapes)
            if (html.substr(at).starts_with(escape)) {
                length = escape.size();
                shown = sign;
            }
        text += shown;
        at += length;
    }
    return text;
}

std::string grouped(std::int64_t number) {
    auto digits = std::to_string(number);
    for (auto at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

}  // namespace tgstats
