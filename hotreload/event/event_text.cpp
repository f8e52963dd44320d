// The two ways an event is written down: a JSON line for programs, a console line for people.
#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "hotreload/base/utf8.h"
#include "hotreload/event/event.h"

namespace hotreload {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};

// A tool's output says the diagnostics again; a console has room for them once.
bool said_already(const Event& event, const Field& field) {
    if (field.name != "output") return false;
    const auto* value = event.find("diagnostics");
    const auto* lines = value == nullptr ? nullptr : std::get_if<std::vector<std::string>>(value);
    return lines != nullptr && !lines->empty();
}

// A console shows how it ended; the log has all of it.
constexpr std::size_t console_output_bytes_max = 600;

FieldValue for_console(const Field& field) {
    const auto* text = std::get_if<std::string>(&field.value);
    if (field.name != "output" || text == nullptr || text->size() <= console_output_bytes_max)
        return field.value;
    return "…" + text->substr(text->size() - console_output_bytes_max);
}

// The name of a host's event stands at the front of the line already.
bool is_name(const Event& event, const Field& field) {
    return event.type == EventType::host && field.name == "event";
}

void append_json(std::string& out, const FieldValue& value) {
    std::visit(
        Overloaded{
            [&](const std::string& text) { append_json_string(out, text); },
            [&](std::int64_t number) { fmt::format_to(std::back_inserter(out), "{}", number); },
            [&](double number) {
                if (!std::isfinite(number))
                    out += "null";
                else
                    fmt::format_to(std::back_inserter(out), "{}", number);
            },
            [&](bool flag) { out += flag ? "true" : "false"; },
            [&](const std::vector<std::string>& texts) {
                out += '[';
                for (std::size_t i = 0; i < texts.size(); ++i) {
                    if (i > 0) out += ',';
                    append_json_string(out, texts[i]);
                }
                out += ']';
            },
        },
        value);
}

void append_quoted(std::string& out, std::string_view text) {
    out += '\'';
    for (const char letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == '\'' || letter == '\\')
            out.append({'\\', letter});
        else if (letter == '\n')
            out += "\\n";
        else if (letter == '\r')
            out += "\\r";
        else if (letter == '\t')
            out += "\\t";
        else if (code < 0x20 || code == 0x7f)
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", code);
        else
            out += letter;
    }
    out += '\'';
}

void append_console(std::string& out, std::string_view text) {
    const auto plain = [](char letter) {
        const auto code = static_cast<unsigned char>(letter);
        return code > 0x20 && code != 0x7f && letter != '\'' && letter != '"' && letter != '=' &&
               letter != '\\';
    };
    const auto valid = to_utf8(text);
    if (!valid.empty() && std::all_of(valid.begin(), valid.end(), plain))
        out += valid;
    else
        append_quoted(out, valid);
}

void append_console(std::string& out, const FieldValue& value) {
    std::visit(
        Overloaded{
            [&](const std::string& text) { append_console(out, std::string_view(text)); },
            [&](std::int64_t number) { fmt::format_to(std::back_inserter(out), "{}", number); },
            [&](double number) { fmt::format_to(std::back_inserter(out), "{}", number); },
            [&](bool flag) { out += flag ? "true" : "false"; },
            [&](const std::vector<std::string>& texts) {
                out += '[';
                for (std::size_t i = 0; i < texts.size(); ++i) {
                    if (i > 0) out += ", ";
                    append_quoted(out, to_utf8(texts[i]));
                }
                out += ']';
            },
        },
        value);
}

}  // namespace

std::string to_json(const Event& event) {
    std::string out = fmt::format(R"({{"seq":{},"time":"{}","level":"{}","event":)", event.seq,
                                  rfc3339(event.time), to_string(event.level));
    append_json_string(out, event.name());
    for (const auto& field : event.fields) {
        if (is_name(event, field)) continue;
        const auto& name = field.name;
        const bool taken = name == "seq" || name == "time" || name == "level" || name == "event";
        out += ',';
        append_json_string(out, taken ? name + '_' : name);
        out += ':';
        append_json(out, field.value);
    }
    out += '}';
    return out;
}

std::string to_console(const Event& event) {
    std::string level(to_string(event.level));
    for (auto& letter : level) letter = static_cast<char>(letter - 'a' + 'A');
    std::string out = fmt::format("[{}] {}", level, to_utf8(event.name()));
    for (const auto& field : event.fields) {
        if (is_name(event, field) || said_already(event, field)) continue;
        out += ' ';
        out += to_utf8(field.name);
        out += '=';
        append_console(out, for_console(field));
    }
    return out;
}

}  // namespace hotreload
