#pragma once
// Reading what people write behind settings commands.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tgstats {

// on, true, 1, yes, enable, enabled and their opposites, in any case of letters.
std::optional<bool> switch_named(std::string_view word);
// A number of days from 1 to `max`; 0 for off, none, unlimited, forever, 0.
std::optional<std::int64_t> days_named(std::string_view word, std::int64_t max);
// A language tag such as en or pt-BR.
bool is_locale(std::string_view word);
// As the word cloud compares words: lower case, any script; empty for what is no word.
std::string stop_word_of(const std::string& word, std::size_t chars_max);

}  // namespace tgstats
