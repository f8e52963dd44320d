#pragma once
// What /stopwords add and remove come to, in words.

#include <string>
#include <vector>

namespace tgstats {

inline constexpr std::size_t stop_word_chars_max = 40;

struct StopWordChange {
    std::vector<std::string> words;  // to be added or removed
    std::string told;                // HTML
    std::string refused;             // HTML: why nothing is done; else empty
};
StopWordChange sorted_out(const std::vector<std::string>& written,
                          const std::vector<std::string>& known, bool adding);
// HTML, commas between; what does not fit is counted.
std::string listed_words(const std::vector<std::string>& words);

}  // namespace tgstats
