#include "tgstats/http/message.h"

#include <algorithm>
#include <charconv>

namespace tgstats::http {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

void Params::add(std::string name, std::string value) {
    entries_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string_view> Params::find(std::string_view name) const {
    for (const auto& [key, value] : entries_) {
        if (key == name) return value;
    }
    return std::nullopt;
}

std::string_view Params::get(std::string_view name, std::string_view fallback) const {
    return find(name).value_or(fallback);
}

std::optional<std::int64_t> Params::integer(std::string_view name) const {
    const auto text = find(name);
    if (!text) return std::nullopt;
    std::int64_t value = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, value);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return value;
}

void Headers::add(std::string name, std::string value) {
    entries_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
    std::erase_if(entries_, [&](const auto& entry) { return same_name(entry.first, name); });
    add(std::string(name), std::move(value));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (const auto& [key, value] : entries_) {
        if (same_name(key, name)) return value;
    }
    return std::nullopt;
}

std::string_view Headers::get(std::string_view name) const { return find(name).value_or(""); }

Response Response::text(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

Response Response::html(std::string body) {
    Response response;
    response.content_type = "text/html; charset=utf-8";
    response.body = std::move(body);
    return response;
}

Response Response::json(std::string body, int status) {
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

Response Response::events(Stream stream) {
    Response response;
    response.content_type = "text/event-stream";
    response.headers.add("Cache-Control", "no-store");
    response.stream = std::move(stream);
    return response;
}

}  // namespace tgstats::http
