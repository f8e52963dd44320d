#include "tgstats/settings/settings_words.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace tgstats {
namespace {

constexpr std::size_t locale_chars_max = 35;

std::string small(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

template <std::size_t N>
bool one_of(const std::string& word, const std::array<const char*, N>& words) {
    return std::ranges::find(words, word) != words.end();
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::optional<bool> switch_named(std::string_view word) {
    static constexpr std::array on{"on", "true", "1", "yes", "enable", "enabled"};
    static constexpr std::array off{"off", "false", "0", "no", "disable", "disabled"};
    const auto lower = small(word);
    if (one_of(lower, on)) return true;
    if (one_of(lower, off)) return false;
    return std::nullopt;
}

std::optional<std::int64_t> days_named(std::string_view word, std::int64_t max) {
    static constexpr std::array without{"off", "none", "unlimited", "forever", "0"};
    if (one_of(small(word), without)) return 0;
    std::int64_t days = 0;
    const auto* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, days);
    if (error != std::errc() || rest != end || days < 1 || days > max) return std::nullopt;
    return days;
}

bool is_locale(std::string_view word) {
    if (word.size() > locale_chars_max) return false;
    bool first = true;
    for (std::size_t at = 0; at <= word.size();) {
        const auto end = std::min(word.find('-', at), word.size());
        const auto part = word.substr(at, end - at);
        const bool letters = std::ranges::all_of(part, letter);
        if (first && !(letters && (part.size() == 2 || part.size() == 3))) return false;
        const bool signs =
            std::ranges::all_of(part, [](char c) { return letter(c) || (c >= '0' && c <= '9'); });
        if (part.empty() || part.size() > 8 || !signs) return false;
        first = false;
        at = end + 1;
    }
    return true;
}

std::string stop_word_of(const std::string& word, std::size_t chars_max) {
    auto text = icu::UnicodeString::fromUTF8(word);
    text.toLower(icu::Locale::getRoot());
    text.findAndReplace(u"\u2019", u"'");
    const auto chars = static_cast<std::size_t>(text.countChar32());
    if (chars == 0 || chars > chars_max) return {};
    for (int at = 0; at < text.length(); at = text.moveIndex32(at, 1))
        if (u_isUWhiteSpace(text.char32At(at)) || u_iscntrl(text.char32At(at))) return {};
    std::string result;
    text.toUTF8String(result);
    return result;
}

}  // namespace tgstats
