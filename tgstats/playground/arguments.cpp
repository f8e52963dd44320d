#include "tgstats/playground/arguments.h"

#include <charconv>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "hotreload/base/utf8.h"
#include "tgstats/http/form.h"

namespace tgstats::playground {

namespace {

ApiError not_utf8() { return bad_request("strings must be encoded in UTF-8"); }

}  // namespace

Outcome<Arguments> Arguments::from(const http::Request& request) {
    Arguments arguments;
    bool well_formed = true;
    const auto put = [&](std::string_view name, const std::string& text) {
        well_formed = well_formed && hotreload::is_utf8(name) && hotreload::is_utf8(text);
        arguments.values_[name] = text;
        arguments.as_text_ = true;
    };
    for (const auto& [name, value] : request.query) put(name, value);
    const auto type = request.headers.get("Content-Type");
    if (http::is_multipart(type)) {
        auto parts = http::parse_multipart(type, request.body);
        if (!parts) return bad_request(parts.error());
        for (auto& part : *parts) {
            if (!part.filename) {
                put(part.name, part.data);
                continue;
            }
            Upload upload{hotreload::to_utf8(*part.filename), part.content_type,
                          std::make_shared<const std::string>(std::move(part.data))};
            arguments.uploads_.insert_or_assign(part.name, std::move(upload));
        }
    } else if (type.starts_with("application/json") && !request.body.empty()) {
        boost::system::error_code error;
        const auto body = json::parse(request.body, error);
        if (error || !body.is_object()) return bad_request("can't parse JSON object");
        for (const auto& [name, value] : body.get_object()) arguments.values_[name] = value;
    } else if (!request.body.empty()) {
        const auto form = http::parse_urlencoded(request.body);
        if (!form) return bad_request("can't parse the form");
        for (const auto& [name, value] : *form) put(name, value);
    }
    if (!well_formed) return not_utf8();
    return arguments;
}

Outcome<Arguments> Arguments::from_page(http::Request request) {
    if (request.body.starts_with('{')) request.headers.set("Content-Type", "application/json");
    return from(request);
}

std::optional<std::string> Arguments::text(std::string_view name) const {
    const auto* value = values_.if_contains(name);
    if (!value || value->is_null() || value->is_structured()) return std::nullopt;
    if (const auto* string = value->if_string()) return std::string(*string);
    return json::serialize(*value);
}

std::optional<std::int64_t> Arguments::integer(std::string_view name) const {
    const auto printed = text(name);
    if (!printed || printed->empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto* end = printed->data() + printed->size();
    const auto [stop, error] = std::from_chars(printed->data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

bool Arguments::boolean(std::string_view name) const {
    auto value = text(name).value_or("");
    for (auto& c : value) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return value == "true" || value == "yes" || value == "1";
}

Outcome<json::value> Arguments::structure(std::string_view name) const {
    const auto* value = values_.if_contains(name);
    if (!value) return json::value();
    const auto* string = value->if_string();
    if (!string) return *value;
    if (string->empty()) return json::value();
    boost::system::error_code error;
    auto parsed = json::parse(*string, error);
    if (error) return bad_request("can't parse " + std::string(name) + " JSON object");
    return parsed;
}

const Upload* Arguments::upload(std::string_view name) const {
    const auto found = uploads_.find(name);
    return found == uploads_.end() ? nullptr : &found->second;
}

}  // namespace tgstats::playground
