#include "tgstats/telegram/api_answer.h"

#include <algorithm>
#include <utility>

#include "hotreload/base/json_text.h"
#include "tgstats/telegram/json_fields.h"
#include "tgstats/telegram/json_parts.h"

namespace tgstats {

namespace {

ApiError malformed_answer(const std::string& method, const ApiAnswer& answer,
                          const std::string& why) {
    return {ApiError::Kind::malformed, static_cast<int>(answer.status),
            method + ": the server's answer is no Bot API answer (HTTP " +
                std::to_string(answer.status) + (why.empty() ? ")" : "): " + why),
            std::nullopt, std::nullopt};
}

ApiError refused(const std::string& method, const json::object& answer) {
    ApiError error{
        ApiError::Kind::api, static_cast<int>(integer_in(answer, "error_code")), method, {}, {}};
    if (const auto* text = answer.if_contains("description"); text != nullptr && text->is_string())
        error.description += ": " + std::string(text->get_string());
    const auto* more = answer.if_contains("parameters");
    if (const auto* parameters = more != nullptr ? more->if_object() : nullptr) {
        if (const auto seconds = integer_in(*parameters, "retry_after"); seconds > 0)
            error.retry_after_s = static_cast<int>(std::min<std::int64_t>(seconds, INT32_MAX));
        if (const auto id = integer_in(*parameters, "migrate_to_chat_id"); id != 0)
            error.migrate_to_chat_id = id;
    }
    return error;
}

// The result's text, a view into the answer's.
Result<std::string_view, ApiError> result_in(const std::string& method, const ApiAnswer& answer) {
    std::string_view ok, result;
    if (const auto members = json_members(answer.text))
        for (const auto& [key, value] : *members) {
            if (key == "ok") ok = value;
            if (key == "result") result = value;
        }
    if (ok == "true" && !result.empty()) return result;
    if (ok == "false")
        if (const auto whole = hotreload::parse_json(answer.text); whole && whole->is_object())
            return refused(method, whole->get_object());
    return malformed_answer(method, answer, "");
}

}  // namespace

ApiResult read_answer(const std::string& method, const ApiAnswer& answer) {
    const auto text = result_in(method, answer);
    if (!text) return text.error();
    auto result = hotreload::parse_json(*text);
    if (!result) return malformed_answer(method, answer, result.error().reason);
    if (auto reason = hotreload::unwritable_reason(*result, update_depth_max); !reason.empty())
        return malformed_answer(method, answer, reason);
    return std::move(*result);
}

Result<PolledUpdates, ApiError> read_updates(const std::string& method, const ApiAnswer& answer) {
    const auto text = result_in(method, answer);
    if (!text) return text.error();
    const auto items = json_items(*text);
    if (!items) return malformed_answer(method, answer, "the result is no list of updates");
    PolledUpdates polled;
    for (const auto item : *items) {
        auto update = read_update(item);
        if (update)
            polled.updates.push_back(std::move(*update));
        else
            ++polled.strangers;
    }
    return polled;
}

}  // namespace tgstats
