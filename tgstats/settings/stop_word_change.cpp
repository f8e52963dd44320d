#include "tgstats/settings/stop_word_change.h"

#include <algorithm>

#include <fmt/format.h>

#include "tgstats/settings/settings_words.h"
#include "tgstats/store/chat_policy.h"
#include "tgstats/telegram/html.h"

namespace tgstats {
namespace {

constexpr std::size_t list_bytes_max = 3'000;

bool has(const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
}

}  // namespace

std::string listed_words(const std::vector<std::string>& words) {
    std::string text;
    std::size_t shown = 0;
    for (const auto& word : words) {
        const auto one = (text.empty() ? "" : ", ") + escape_html(word);
        if (text.size() + one.size() > list_bytes_max) break;
        text += one;
        ++shown;
    }
    if (shown < words.size()) text += fmt::format(" … and {} more", words.size() - shown);
    return text;
}

StopWordChange sorted_out(const std::vector<std::string>& written,
                          const std::vector<std::string>& known, bool adding) {
    StopWordChange change;
    for (const auto& word : written) {
        const auto stop = stop_word_of(word, stop_word_chars_max);
        if (stop.empty()) {
            change.refused = fmt::format("“{}” is no word of 1 to {} letters.", escape_html(word),
                                         stop_word_chars_max);
            return change;
        }
        if (has(known, stop) != adding && !has(change.words, stop)) change.words.push_back(stop);
    }
    if (adding && known.size() + change.words.size() > stop_words_max)
        change.refused = fmt::format("A group has at most {} stop words.", stop_words_max);
    else if (change.words.empty())
        change.told = adding ? "These are stop words already." : "None of these is a stop word.";
    else
        change.told = fmt::format("✅ {}: {}", adding ? "Left out from now on" : "Counted again",
                                  listed_words(change.words));
    return change;
}

}  // namespace tgstats
