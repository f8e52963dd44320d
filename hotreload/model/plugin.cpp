#include "hotreload/model/plugin.h"

#include <algorithm>

namespace hotreload {
namespace {

// Without regard to the locale.
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string_view to_string(Language language) {
    switch (language) {
        case Language::cpp:
            return "cpp";
        case Language::python:
            return "python";
        case Language::prebuilt:
            return "prebuilt";
    }
    return "unknown";
}

std::optional<Language> language_named(std::string_view word) {
    for (const auto language : {Language::cpp, Language::python, Language::prebuilt})
        if (to_string(language) == word) return language;
    return std::nullopt;
}

bool is_plugin_name(std::string_view name) {
    return !name.empty() && letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
           });
}

}  // namespace hotreload
