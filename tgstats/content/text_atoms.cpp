#include "tgstats/content/text_atoms.h"

#include <algorithm>

#include <unicode/utf8.h>

#include "tgstats/content/text_units.h"

namespace tgstats {
namespace {

using Kind = TextAtom::Kind;

Kind kind_of(char32_t code_point) {
    if (code_point == '\n') return Kind::line_end;
    const bool space = code_point == ' ' || code_point == '\t' || code_point == '\r' ||
                       code_point == '\v' || code_point == '\f';
    return space ? Kind::space : Kind::text;
}

// The first character; ill-formed bytes count as one character each.
TextAtom first_atom(std::string_view text) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto length = static_cast<std::int32_t>(std::min<std::size_t>(text.size(), 4));
    std::int32_t end = 0;
    UChar32 point = 0;
    U8_NEXT(bytes, end, length, point);
    const auto code = point > 0 ? static_cast<char32_t>(point) : U'\xFFFD';
    return {text.substr(0, static_cast<std::size_t>(end)), code, kind_of(code)};
}

bool is_tag_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// The tag at the front, with its brackets; empty when it has no end or no name.
std::string_view first_tag(std::string_view html) {
    const bool closing = html.substr(1).starts_with('/');
    const auto name = closing ? 2U : 1U;
    if (html.size() <= name || !(is_tag_name(html[name]) || (closing && html[name] == '>')))
        return {};
    char quote = '\0';
    for (std::size_t at = name; at < html.size(); ++at) {
        const char c = html[at];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '>')
            return html.substr(0, at + 1);
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '<')
            return {};
    }
    return {};
}

TextAtom first_reference_or_character(std::string_view html) {
    auto rest = html;
    if (html.front() == '&') {
        if (const auto text = take_character_reference(rest)) {
            const auto character = first_atom(*text);
            return {html.substr(0, html.size() - rest.size()), character.code_point,
                    character.kind};
        }
    }
    return first_atom(html);
}

}  // namespace

std::vector<TextAtom> plain_atoms(std::string_view text) {
    std::vector<TextAtom> atoms;
    for (std::size_t at = 0; at < text.size(); at += atoms.back().source.size())
        atoms.push_back(first_atom(text.substr(at)));
    return atoms;
}

// Both characters count: what Telegram leaves out is no more than that.
std::vector<TextAtom> markdown_atoms(std::string_view text) {
    std::vector<TextAtom> atoms;
    for (const auto& atom : plain_atoms(text)) {
        const bool escaped = !atoms.empty() && atoms.back().source == "\\";
        if (!escaped) {
            atoms.push_back(atom);
            continue;
        }
        const auto& before = atoms.back().source;
        atoms.back() = {{before.data(), before.size() + atom.source.size()},
                        std::max(atom.code_point, U'\x10000'),
                        Kind::text};
    }
    return atoms;
}

std::string tag_name(std::string_view tag) {
    tag.remove_prefix(tag.starts_with("</") ? 2 : 1);
    std::string name;
    for (const char c : tag) {
        if (!is_tag_name(c)) break;
        name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return name;
}

std::optional<std::vector<TextAtom>> html_atoms(std::string_view html) {
    std::vector<TextAtom> atoms;
    std::vector<std::string> open;
    for (std::size_t at = 0; at < html.size(); at += atoms.back().source.size()) {
        const auto rest = html.substr(at);
        if (rest.front() != '<') {
            atoms.push_back(first_reference_or_character(rest));
            continue;
        }
        const auto tag = first_tag(rest);
        if (tag.empty()) return std::nullopt;
        const bool closing = tag[1] == '/';
        auto name = tag_name(tag);
        if (closing) {
            if (open.empty() || (!name.empty() && name != open.back())) return std::nullopt;
            open.pop_back();
        } else {
            open.push_back(std::move(name));
        }
        atoms.push_back({tag, 0, closing ? Kind::close : Kind::open});
    }
    if (!open.empty()) return std::nullopt;
    return atoms;
}

std::string plain_of_html(std::string_view html) {
    std::string text;
    while (!html.empty()) {
        const auto tag = html.front() == '<' ? first_tag(html) : std::string_view();
        if (!tag.empty()) {
            html.remove_prefix(tag.size());
            continue;
        }
        const auto atom = first_reference_or_character(html);
        text += utf8_of(atom.code_point);
        html.remove_prefix(atom.source.size());
    }
    return text;
}

}  // namespace tgstats
