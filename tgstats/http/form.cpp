#include "tgstats/http/form.h"

namespace tgstats::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// One `; name=value` or `; name="value"`; takes it from the front of `rest`.
struct HeaderParameter {
    std::string name;
    std::string value;
};

std::string take_quoted(std::string_view& rest) {
    std::string value;
    rest.remove_prefix(1);
    while (!rest.empty() && rest.front() != '"') {
        // Only \" and \\ are escapes: some clients send Windows paths as they are.
        const bool escape =
            rest.front() == '\\' && rest.size() > 1 && (rest[1] == '"' || rest[1] == '\\');
        if (escape) rest.remove_prefix(1);
        value += rest.front();
        rest.remove_prefix(1);
    }
    if (!rest.empty()) rest.remove_prefix(1);
    return value;
}

std::optional<HeaderParameter> take_parameter(std::string_view& rest) {
    const auto semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    rest = trim(rest.substr(semicolon + 1));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    HeaderParameter parameter{std::string(trim(rest.substr(0, equals))), {}};
    rest = trim(rest.substr(equals + 1));
    if (!rest.empty() && rest.front() == '"') {
        parameter.value = take_quoted(rest);
    } else {
        const auto end = rest.find(';');
        parameter.value = trim(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
    }
    return parameter;
}

std::optional<std::string> boundary_of(std::string_view content_type) {
    while (auto parameter = take_parameter(content_type)) {
        if (same_name(parameter->name, "boundary")) return std::move(parameter->value);
    }
    return std::nullopt;
}

// Browsers write a quote inside a name as %22; RFC 5987's filename* is percent-encoded UTF-8.
void apply_disposition(std::string_view value, Part& part) {
    while (auto parameter = take_parameter(value)) {
        if (same_name(parameter->name, "name"))
            part.name = std::move(parameter->value);
        else if (same_name(parameter->name, "filename"))
            part.filename = std::move(parameter->value);
        else if (same_name(parameter->name, "filename*")) {
            const auto quotes = parameter->value.find("''");
            if (quotes == std::string::npos) continue;
            part.filename =
                percent_decode(std::string_view(parameter->value).substr(quotes + 2), false);
        }
    }
}

void apply_header_line(std::string_view line, Part& part) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const auto name = trim(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (same_name(name, "content-disposition")) apply_disposition(value, part);
    if (same_name(name, "content-type")) part.content_type = value;
}

// Part can be made from a string by C++20's aggregate rules, so the error has to be named as such.
Result<Part, std::string> broken(const char* why) { return {boost::system::in_place_error, why}; }

// `section` is headers, an empty line, data.
Result<Part, std::string> parse_part(std::string_view section) {
    Part part;
    std::size_t read = 0;
    for (;;) {
        const auto end = section.find("\r\n", read);
        if (end == std::string_view::npos || end > part_header_bytes_max) {
            return broken("a part of the form has no end of its headers");
        }
        const auto line = section.substr(read, end - read);
        read = end + 2;
        if (line.empty()) break;
        apply_header_line(line, part);
    }
    if (part.name.empty()) return broken("a part of the form has no name");
    part.data = section.substr(read);
    return part;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') return std::nullopt;
        decoded += c;
    }
    return decoded;
}

std::string percent_encode(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 15];
    }
    return encoded;
}

std::optional<Params> parse_urlencoded(std::string_view text) {
    Params params;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (pair.empty()) continue;
        if (params.size() >= form_fields_max) return std::nullopt;
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = equals == std::string_view::npos
                         ? std::string()
                         : percent_decode(pair.substr(equals + 1), true);
        if (!name || !value) return std::nullopt;
        params.add(std::move(*name), std::move(*value));
    }
    return params;
}

bool is_multipart(std::string_view content_type) {
    static constexpr std::string_view wanted = "multipart/form-data";
    return content_type.size() >= wanted.size() &&
           same_name(content_type.substr(0, wanted.size()), wanted);
}

Result<std::vector<Part>, std::string> parse_multipart(std::string_view content_type,
                                                       std::string_view body) {
    const auto boundary = boundary_of(content_type);
    if (!boundary || boundary->empty())
        return std::string("the form's Content-Type names no boundary");
    const std::string opening = "--" + *boundary;
    const std::string delimiter = "\r\n" + opening;
    auto position = body.starts_with(opening) ? opening.size() : body.find(delimiter);
    if (position == std::string_view::npos)
        return std::string("the form does not hold its boundary");
    if (!body.starts_with(opening)) position += delimiter.size();

    std::vector<Part> parts;
    for (;;) {
        if (body.substr(position, 2) == "--") return parts;
        const auto line_end = body.find("\r\n", position);
        if (line_end == std::string_view::npos) return std::string("the form ends early");
        if (!trim(body.substr(position, line_end - position)).empty()) {
            return std::string("a boundary of the form is followed by other text");
        }
        const auto start = line_end + 2;
        // The delimiter's own line break may be the empty line's: search from there.
        const auto end = body.find(delimiter, line_end);
        if (end == std::string_view::npos) return std::string("the form ends early");
        if (parts.size() >= form_fields_max) return std::string("the form has too many parts");
        auto part = parse_part(body.substr(start, end < start ? 0 : end - start));
        if (!part) return part.error();
        parts.push_back(std::move(*part));
        position = end + delimiter.size();
    }
}

}  // namespace tgstats::http
