// What compilers and linkers print, made into places and messages; and the depfiles they write.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "hotreload/build/builder.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

struct Level {
    std::string_view word;
    Severity severity;
};
constexpr std::array<Level, 6> levels{{{"fatal error: ", Severity::error},
                                       {"error: ", Severity::error},
                                       {"Error: ", Severity::error},  // the assembler's word
                                       {"Fatal error: ", Severity::error},
                                       {"warning: ", Severity::warning},
                                       {"note: ", Severity::note}}};

std::optional<Level> take_level(std::string_view& text) {
    for (const auto& level : levels) {
        if (!text.starts_with(level.word)) continue;
        text.remove_prefix(level.word.size());
        return level;
    }
    return std::nullopt;
}

// Takes "12:" off the front.
std::optional<int> take_number(std::string_view& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || *end != ':')
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return number;
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text;
}

bool linker_complaint(std::string_view message) {
    constexpr std::array<std::string_view, 3> known{"undefined reference to",
                                                    "multiple definition of", "cannot find "};
    return std::any_of(known.begin(), known.end(),
                       [&](auto start) { return message.starts_with(start); });
}

// The assembler reads what the compiler has written: its lines are nobody's.
void take_assembler_place(Diagnostic& diagnostic) {
    if (diagnostic.file != "{standard input}") return;
    diagnostic.file.clear();
    diagnostic.line = 0;
    diagnostic.message = "assembler: " + diagnostic.message;
}

// "FILE:LINE:COLUMN: error: MESSAGE", "FILE:LINE: MESSAGE", "FILE:(.text+0x5): undefined reference
// to …"
std::optional<Diagnostic> placed(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || line.front() == ' ') return std::nullopt;
    Diagnostic diagnostic{.file = std::string(line.substr(0, colon))};
    auto rest = line.substr(colon + 1);
    if (const auto number = take_number(rest)) {
        diagnostic.line = *number;
        if (const auto column = take_number(rest)) diagnostic.column = *column;
    } else if (rest.starts_with("(.")) {
        const auto end = rest.find("):");
        if (end == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(end + 2);
    } else {
        return std::nullopt;
    }
    rest = trimmed(rest);
    const auto level = take_level(rest);
    if (!level && !linker_complaint(rest)) return std::nullopt;
    diagnostic.severity = level ? level->severity : Severity::error;
    diagnostic.message = std::string(rest);
    take_assembler_place(diagnostic);
    return diagnostic;
}

bool is_tool(std::string_view name) {
    const auto base =
        name.substr(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
    return base == "ld" || base.ends_with("ld.gold") || base.ends_with("ld.bfd");
}

// "mold: error: …", "g++: fatal error: …", "/usr/bin/ld: cannot find -lfoo"
std::optional<Diagnostic> unplaced(std::string_view line) {
    const auto colon = line.find(": ");
    if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
    const auto tool = line.substr(0, colon);
    auto rest = line.substr(colon + 2);
    if (tool.find_first_of(" :") != std::string_view::npos || tool == "collect2")
        return std::nullopt;
    if (rest.starts_with("fatal: "))
        rest.remove_prefix(7);  // mold's word for it
    else if (const auto level = take_level(rest);
             !level && !(is_tool(tool) && linker_complaint(rest)))
        return std::nullopt;
    else if (level && level->severity != Severity::error)
        return std::nullopt;
    return Diagnostic{.message = std::string(tool) + ": " + std::string(rest)};
}

// mold names the place in the next line: ">>> referenced by grid.cpp"
void add_reference(std::string_view line, std::vector<Diagnostic>& found) {
    constexpr std::string_view start = ">>> referenced by ";
    if (!line.starts_with(start) || found.empty() || !found.back().file.empty()) return;
    line.remove_prefix(start.size());
    const auto colon = line.find(':');
    found.back().file = std::string(line.substr(0, colon));
    if (colon == std::string_view::npos) return;
    auto number = std::string(line.substr(colon + 1)) + ":";
    std::string_view rest = number;
    if (const auto value = take_number(rest)) found.back().line = *value;
}

}  // namespace

std::vector<Diagnostic> parse_compiler_output(std::string_view output) {
    std::vector<Diagnostic> found;
    while (!output.empty() && found.size() < limits::diagnostics_max) {
        const auto end = std::min(output.find('\n'), output.size());
        auto line = output.substr(0, end);
        output.remove_prefix(std::min(end + 1, output.size()));
        add_reference(line, found);
        auto diagnostic = placed(line);
        // GNU ld puts its own name before the place of some lines.
        if (const auto tool = line.find(": ");
            !diagnostic && tool != std::string_view::npos && is_tool(line.substr(0, tool)))
            diagnostic = placed(trimmed(line.substr(tool + 2)));
        if (!diagnostic) diagnostic = unplaced(line);
        if (diagnostic) found.push_back(std::move(*diagnostic));
    }
    return found;
}

std::vector<std::filesystem::path> parse_depfile(std::string_view text) {
    std::vector<std::filesystem::path> files;
    std::string word;
    bool prerequisites = false;
    const auto finish_word = [&] {
        if (!word.empty() && word.back() == ':' && !prerequisites)
            prerequisites = true;
        else if (!word.empty() && prerequisites)
            files.emplace_back(word);
        word.clear();
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const char next = at + 1 < text.size() ? text[at + 1] : '\0';
        if (c == '\\' && next == '\n') {
            finish_word();
            ++at;
        } else if ((c == '\\' && (next == ' ' || next == '#' || next == '\\')) ||
                   (c == '$' && next == '$')) {
            word += next;
            ++at;
        } else if (c == '\n') {
            finish_word();
            if (prerequisites) break;  // the rules after the first are for make alone
        } else if (c == ' ' || c == '\t' || c == '\r') {
            finish_word();
        } else {
            word += c;
        }
    }
    finish_word();
    return files;
}

}  // namespace hotreload
