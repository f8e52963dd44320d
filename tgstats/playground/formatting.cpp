#include "tgstats/playground/formatting.h"

#include <algorithm>
#include <vector>

namespace tgstats::playground {

namespace {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
};

Span span_of(const json::object& entity) {
    const auto begin = entity.at("offset").to_number<std::size_t>();
    return {begin, begin + entity.at("length").to_number<std::size_t>()};
}

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\v' || c == '\f';
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
// Bytes of non-ASCII characters count as letters: "a/b" and "\xC3\xA9/b" are both no command.
bool joins_word(char c) { return is_word(c) || (static_cast<unsigned char>(c) & 0x80) != 0; }

std::size_t word_end(std::string_view text, std::size_t from, bool (*belongs)(char)) {
    while (from < text.size() && belongs(text[from])) ++from;
    return from;
}

struct Found {
    const char* type = nullptr;
    std::size_t end = 0;
};

Found find_command(std::string_view text, std::size_t at) {
    auto end = word_end(text, at + 1, is_word);
    if (end == at + 1 || end - at > 65) return {};
    if (end < text.size() && text[end] == '@') {
        const auto name_end = word_end(text, end + 1, is_word);
        if (name_end > end + 3) end = name_end;
    }
    if (end < text.size() && (text[end] == '/' || joins_word(text[end]))) return {};
    return {"bot_command", end};
}

Found find_link(std::string_view text, std::size_t at) {
    const auto rest = text.substr(at);
    const std::size_t scheme = rest.starts_with("https://")  ? 8
                               : rest.starts_with("http://") ? 7
                                                             : 0;
    if (scheme == 0) return {};
    auto end = at + scheme;
    while (end < text.size() && !is_space(text[end]) && text[end] != '<' && text[end] != '"') ++end;
    while (end > at && std::string_view(".,;:!?)").find(text[end - 1]) != std::string_view::npos)
        --end;
    if (end <= at + scheme) return {};
    return {"url", end};
}

Found find_at(std::string_view text, std::size_t at) {
    if (at > 0 && joins_word(text[at - 1])) return {};
    switch (text[at]) {
        case '/':
            if (at > 0 && (text[at - 1] == '/' || text[at - 1] == '<')) return {};
            return find_command(text, at);
        case '@': {
            const auto end = word_end(text, at + 1, is_word);
            return end - at > 4 ? Found{"mention", end} : Found{};
        }
        case '#': {
            const auto end = word_end(text, at + 1, joins_word);
            const auto tag = text.substr(at + 1, end - at - 1);
            const bool digits_only = std::all_of(tag.begin(), tag.end(), is_digit);
            return digits_only ? Found{} : Found{"hashtag", end};
        }
        case 'h':
            return find_link(text, at);
        default:
            return {};
    }
}

void sort_entities(json::array& entities) {
    std::stable_sort(entities.begin(), entities.end(),
                     [](const json::value& a, const json::value& b) {
                         const auto x = span_of(a.as_object());
                         const auto y = span_of(b.as_object());
                         return x.begin != y.begin ? x.begin < y.begin : x.end > y.end;
                     });
}

}  // namespace

void TextBuilder::append(std::string_view utf8) {
    text_ += utf8;
    units_ += utf16_length(utf8);
}

void TextBuilder::entity(std::size_t start, json::object fields) {
    if (units_ <= start) return;
    fields["offset"] = start;
    fields["length"] = units_ - start;
    entities_.push_back(std::move(fields));
}

FormattedText TextBuilder::finish() && {
    FormattedText formatted{std::move(text_), std::move(entities_)};
    trim(formatted);
    return formatted;
}

void trim(FormattedText& formatted) {
    auto& text = formatted.text;
    while (!text.empty() && is_space(text.back())) text.pop_back();
    const auto first = std::find_if_not(text.begin(), text.end(), is_space);
    const auto dropped = static_cast<std::size_t>(first - text.begin());
    text.erase(text.begin(), first);
    const auto length = utf16_length(text);
    json::array kept;
    for (auto& value : formatted.entities) {
        auto& entity = value.as_object();
        auto span = span_of(entity);
        span.begin = std::min(span.begin - std::min(span.begin, dropped), length);
        span.end = std::min(span.end - std::min(span.end, dropped), length);
        if (span.begin >= span.end) continue;
        entity["offset"] = span.begin;
        entity["length"] = span.end - span.begin;
        kept.push_back(std::move(entity));
    }
    formatted.entities = std::move(kept);
    sort_entities(formatted.entities);
}

void add_detected_entities(FormattedText& formatted) {
    std::vector<Span> taken;
    for (const auto& entity : formatted.entities) {
        const std::string_view type = entity.as_object().at("type").as_string();
        // Inside formatting like bold a command is still a command; inside code and links it is
        // not.
        if (type == "code" || type == "pre" || type.starts_with("text_"))
            taken.push_back(span_of(entity.as_object()));
    }
    const std::string_view text = formatted.text;
    std::size_t units = 0;
    for (std::size_t i = 0; i < text.size();) {
        const bool free = std::none_of(taken.begin(), taken.end(), [&](const Span& span) {
            return units >= span.begin && units < span.end;
        });
        const auto found = free ? find_at(text, i) : Found{};
        const auto next = found.type ? found.end : i + 1;
        const auto length = utf16_length(text.substr(i, next - i));
        if (found.type) {
            formatted.entities.push_back(
                json::object{{"type", found.type}, {"offset", units}, {"length", length}});
        }
        units += length;
        i = next;
    }
    sort_entities(formatted.entities);
}

}  // namespace tgstats::playground
