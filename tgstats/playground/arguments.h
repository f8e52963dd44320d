#pragma once
// The parameters of one Bot API call, the same whether they came as query, form, multipart or JSON.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "tgstats/http/message.h"
#include "tgstats/playground/api_error.h"

namespace tgstats::playground {

struct Upload {
    std::string name;
    std::string content_type;
    std::shared_ptr<const std::string> data;
};

class Arguments {
public:
    static Outcome<Arguments> from(const http::Request& request);
    // Of the page's own API: what begins like a JSON object is one, whatever its Content-Type says
    // (without an option, curl's says that it is a form).
    static Outcome<Arguments> from_page(http::Request request);
    explicit Arguments(json::object values) : values_(std::move(values)) {}

    [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
    // Strings as they are, numbers and booleans printed; nullopt when absent, null or structured.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] bool boolean(std::string_view name) const;
    // A structured value, which forms carry as JSON text; null when absent or empty. The error is
    // Telegram's.
    [[nodiscard]] Outcome<json::value> structure(std::string_view name) const;
    [[nodiscard]] const Upload* upload(std::string_view name) const;

    // All of them, as they came; as_text: not from a JSON body alone.
    [[nodiscard]] const json::object& values() const { return values_; }
    [[nodiscard]] const auto& uploads() const { return uploads_; }
    [[nodiscard]] bool as_text() const { return as_text_; }

private:
    Arguments() = default;
    json::object values_;
    std::map<std::string, Upload, std::less<>> uploads_;
    bool as_text_ = false;
};

}  // namespace tgstats::playground
