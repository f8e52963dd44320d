#include "tgstats/telegram/commands.h"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace tgstats {

namespace {

struct QuotePair {
    std::string_view open;
    std::string_view close;
};

// German and French quotes close with signs that open elsewhere: the pair that opened decides.
constexpr std::array quotes{QuotePair{"\"", "\""}, QuotePair{"'", "'"}, QuotePair{"“", "”"},
                            QuotePair{"„", "“"},   QuotePair{"‘", "’"}, QuotePair{"‚", "‘"},
                            QuotePair{"«", "»"},   QuotePair{"»", "«"}, QuotePair{"”", "”"}};

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

// The bytes of a space at the start: ASCII, or the no-break space that phones put in.
std::size_t space_at(std::string_view text) {
    if (text.starts_with("\u00A0")) return 2;
    return !text.empty() && is_space(text.front()) ? 1 : 0;
}

std::string_view trimmed(std::string_view text) {
    while (const auto size = space_at(text)) text.remove_prefix(size);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= command_name_chars_max &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_';
           });
}

void cut(std::string& text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0U) == 0x80U)
        --bytes_max;
    text.resize(bytes_max);
}

// Where the quote that opened at the start of `text` closes (unescaped, before a space or the end);
// npos: it never does.
std::size_t closing(std::string_view text, std::string_view close) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
            continue;
        }
        if (!text.substr(at).starts_with(close)) continue;
        const auto after = text.substr(at + close.size());
        if (after.empty() || space_at(after) > 0) return at;
    }
    return std::string_view::npos;
}

std::string unescaped(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        result += text[at];
    }
    return result;
}

// Takes a quoted word off the front of `text`, if one stands there.
std::optional<std::string> take_quoted(std::string_view& text) {
    for (const auto& [open, close] : quotes) {
        if (!text.starts_with(open)) continue;
        const auto inside = text.substr(open.size());
        const auto end = closing(inside, close);
        if (end == std::string_view::npos) continue;
        text = inside.substr(end + close.size());
        return unescaped(inside.substr(0, end));
    }
    return std::nullopt;
}

std::string take_plain(std::string_view& text) {
    std::size_t end = 0;
    while (end < text.size() && space_at(text.substr(end)) == 0)
        end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
    end = std::min(end, text.size());
    auto word = unescaped(text.substr(0, end));
    text.remove_prefix(end);
    return word;
}

const json::object* as_object(const json::value& value) { return value.if_object(); }

bool starts_with_command_entity(const json::array& entities) {
    return std::any_of(entities.begin(), entities.end(), [](const json::value& entity) {
        const auto* object = as_object(entity);
        if (object == nullptr) return false;
        const auto* type = object->if_contains("type");
        const auto* offset = object->if_contains("offset");
        return type != nullptr && *type == json::value("bot_command") && offset != nullptr &&
               *offset == json::value(0);
    });
}

}  // namespace

std::vector<std::string> split_args(std::string_view text) {
    std::vector<std::string> args;
    for (text = trimmed(text); !text.empty() && args.size() < command_args_max;
         text = trimmed(text)) {
        auto word = take_quoted(text);
        if (!word) word = take_plain(text);
        cut(*word, command_arg_bytes_max);
        args.push_back(std::move(*word));
    }
    return args;
}

std::optional<Command> parse_command(std::string_view text, std::string_view bot_username) {
    if (!text.starts_with('/')) return std::nullopt;
    std::size_t end = 1;
    while (end < text.size() && space_at(text.substr(end)) == 0) ++end;
    auto name = text.substr(1, end - 1);
    if (const auto at = name.find('@'); at != std::string_view::npos) {
        if (lower(name.substr(at + 1)) != lower(bot_username)) return std::nullopt;
        name = name.substr(0, at);
    }
    if (!is_name(name)) return std::nullopt;
    const auto rest = trimmed(text.substr(end));
    return Command{lower(name), split_args(rest), std::string(rest)};
}

std::optional<Command> parse_command(const json::object& message, std::string_view bot_username) {
    const bool captioned = !message.contains("text");
    const auto* text = message.if_contains(captioned ? "caption" : "text");
    if (text == nullptr || !text->is_string()) return std::nullopt;
    const auto* entities = message.if_contains(captioned ? "caption_entities" : "entities");
    const auto* list = entities != nullptr ? entities->if_array() : nullptr;
    if (list != nullptr && !list->empty() && !starts_with_command_entity(*list))
        return std::nullopt;
    return parse_command(std::string_view(text->get_string()), bot_username);
}

}  // namespace tgstats
