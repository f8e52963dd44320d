#include "tgstats/dispatch/effects.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "hotreload/base/base64.h"

namespace tgstats {
namespace {

using hotreload::Level;

std::string text_of(const json::object& object, std::string_view key, std::string fallback) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::move(fallback);
}

// An aggregate that begins with a string could be made from the error's text, too: the error must
// be named as such.
template <class T>
Result<T, std::string> refused(std::string why) {
    return Result<T, std::string>(boost::system::in_place_error, std::move(why));
}

Result<Upload, std::string> parse_upload(std::string_view field, const json::value& value) {
    const auto* object = value.if_object();
    const auto* content = object == nullptr ? nullptr : object->if_contains("base64");
    if (content == nullptr || !content->is_string())
        return refused<Upload>(fmt::format("file '{}' has no \"base64\" text", field));
    auto bytes = hotreload::base64_decode(content->get_string());
    if (!bytes) return refused<Upload>(fmt::format("file '{}' is not well-formed base64", field));
    Upload upload;
    upload.field = field;
    upload.file_name = text_of(*object, "name", "file");
    upload.content_type = text_of(*object, "type", "application/octet-stream");
    upload.bytes = std::move(*bytes);
    return upload;
}

// Telegram's own words for "come back later"; anything else is final, but for a broken connection
// before the answer.
Millis pause_before_retry(const ApiError& error, int attempt) {
    if (error.retry_after_s) return Millis(1000 * static_cast<std::int64_t>(*error.retry_after_s));
    return Millis(250) * (1 << attempt);
}

bool worth_retrying(const ApiError& error) {
    if (error.retry_after_s) return true;
    return error.kind == ApiError::Kind::api && error.error_code >= 500;
}

}  // namespace

Result<Effect, std::string> parse_effect(const json::value& value, const EffectTarget& target) {
    const auto* object = value.if_object();
    if (object == nullptr) return refused<Effect>(std::string("an effect must be an object"));
    Effect effect;
    effect.method = text_of(*object, "method", "");
    if (effect.method.empty()) return refused<Effect>(std::string("an effect needs a \"method\""));
    if (const auto* params = object->if_contains("params")) {
        if (!params->is_object())
            return refused<Effect>(fmt::format("{}: \"params\" must be an object", effect.method));
        effect.params = params->get_object();
    }
    if (target.chat_id != 0 && !effect.params.contains("chat_id")) {
        effect.params["chat_id"] = target.chat_id;
        if (target.thread_id != 0) effect.params["message_thread_id"] = target.thread_id;
    }
    const auto* files = object->if_contains("files");
    if (files == nullptr || files->is_null()) return effect;
    if (!files->is_object())
        return refused<Effect>(fmt::format("{}: \"files\" must be an object", effect.method));
    std::size_t bytes = 0;
    for (const auto& file : files->get_object()) {
        auto upload = parse_upload(file.key(), file.value());
        if (!upload) return refused<Effect>(fmt::format("{}: {}", effect.method, upload.error()));
        bytes += upload->bytes.size();
        effect.files.push_back(std::move(*upload));
    }
    if (bytes > effect_files_bytes_max)
        return refused<Effect>(fmt::format("{}: files of {} bytes; at most {} can be sent",
                                           effect.method, bytes, effect_files_bytes_max));
    return effect;
}

Result<std::vector<Effect>, std::string> parse_effects(const json::value& result,
                                                       const EffectTarget& target) {
    const auto* object = result.if_object();
    const auto* list = object == nullptr ? nullptr : object->if_contains("effects");
    if (list == nullptr || !list->is_array())
        return std::string("the handler's result has no \"effects\" list");
    if (list->get_array().size() > effects_max)
        return fmt::format("{} effects; at most {} go out for one event", list->get_array().size(),
                           effects_max);
    std::vector<Effect> effects;
    for (const auto& item : list->get_array()) {
        auto effect = parse_effect(item, target);
        if (!effect) return effect.error();
        effects.push_back(std::move(*effect));
    }
    return effects;
}

EffectSender::EffectSender(Parts parts) : parts_(std::move(parts)) {}

Task<ApiResult> EffectSender::send(Effect effect) {
    const auto deadline = effect.files.empty() ? api_call_deadline : api_upload_deadline;
    for (int attempt = 1;; ++attempt) {
        auto result =
            co_await parts_.api.call(effect.method, effect.params, effect.files, deadline);
        if (result.has_value()) {
            co_await record(*result);
            co_return result;
        }
        if (attempt == send_attempts_max || !worth_retrying(result.error())) co_return result;
        const auto pause = pause_before_retry(result.error(), attempt);
        if (pause > send_pause_max) co_return result;
        asio::steady_timer timer(parts_.executor, pause);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

Task<bool> EffectSender::send_all(std::vector<Effect> effects, std::string plugin) {
    for (auto& effect : effects) {
        const auto method = effect.method;
        const auto result = co_await send(std::move(effect));
        if (result.has_value()) continue;
        parts_.events.emit_host(
            "effect_failed", Level::error,
            {{"plugin", plugin}, {"method", method}, {"reason", result.error().text()}});
        co_return false;
    }
    co_return true;
}

// The bot's own messages come back in no update.
Task<void> EffectSender::record(const json::value& result) {
    const auto* message = result.if_object();
    if (message == nullptr || !message->contains("message_id") || !message->contains("chat"))
        co_return;
    auto work = [record = parts_.record_own, copy = *message](Store& store) {
        record(store, copy);
    };
    co_await parts_.store.run(work);
}

}  // namespace tgstats
