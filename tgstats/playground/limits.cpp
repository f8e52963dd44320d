#include "tgstats/playground/limits.h"

#include <algorithm>
#include <array>

#include "tgstats/http/message.h"

namespace tgstats::playground {

using hotreload::Millis;
using hotreload::MonotonicTime;

namespace {

constexpr int too_many_requests = 429;

struct ContentLimit {
    std::string_view name;
    std::string_view words;  // within the error's description
};
constexpr std::array content_limits{ContentLimit{"text_length", "message is too long"},
                                    ContentLimit{"caption_length", "caption is too long"},
                                    ContentLimit{"photo_size", "is too big for a photo"},
                                    ContentLimit{"photo_dimensions", "PHOTO_INVALID_DIMENSIONS"},
                                    ContentLimit{"callback_data", "BUTTON_DATA_INVALID"},
                                    ContentLimit{"callback_answer", "MESSAGE_TOO_LONG"},
                                    ContentLimit{"keyboard", "reply markup is too long"},
                                    ContentLimit{"album", "media in an album"},
                                    ContentLimit{"file_size", "Request Entity Too Large"}};

}  // namespace

std::size_t messages_made(std::string_view method, const Arguments& arguments) {
    for (const auto* name : {"sendMessage", "sendPhoto", "sendDocument"})
        if (http::same_name(method, name)) return 1;
    if (!http::same_name(method, "sendMediaGroup")) return 0;
    const auto media = arguments.structure("media");
    const auto* items = media ? media->if_array() : nullptr;
    return items ? items->size() : 1;
}

void Limits::switch_floods(bool on) {
    floods_on_ = on;
    all_ = {};
    chats_.clear();
}

Millis Limits::Window::wait(const FloodLimit& limit, std::size_t messages, MonotonicTime now) {
    while (!taken.empty() && taken.front() + limit.window <= now) taken.pop_front();
    if (taken.empty() || taken.size() + messages <= limit.messages) return Millis{0};
    // The one whose end makes room for all of them.
    const auto excess = taken.size() + messages - limit.messages;
    const auto last = taken[std::min(excess, taken.size()) - 1];
    return std::chrono::ceil<Millis>(last + limit.window - now);
}

std::optional<ApiError> Limits::take(std::int64_t chat_id, std::size_t messages,
                                     MonotonicTime now) {
    if (!floods_on_ || messages == 0) return std::nullopt;
    const bool group = chat_id < 0;
    auto& chat = chats_[chat_id];
    const auto alone = chat.wait(group ? flood_of_group : flood_of_private_chat, messages, now);
    const auto together = all_.wait(flood_of_bot, messages, now);
    if (alone > Millis{0} || together > Millis{0}) {
        const auto* kind = alone == Millis{0} ? "flood_of_bot"
                           : group            ? "flood_of_group"
                                              : "flood_of_private_chat";
        ++violations_[kind];
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::max(alone, together));
        return ApiError{too_many_requests,
                        "Too Many Requests: retry after " + std::to_string(seconds.count()),
                        {{"retry_after", seconds.count()}}};
    }
    chat.taken.insert(chat.taken.end(), messages, now);
    all_.taken.insert(all_.taken.end(), messages, now);
    return std::nullopt;
}

void Limits::note(const ApiError& error) {
    for (const auto& limit : content_limits)
        if (error.description.find(limit.words) != std::string::npos)
            ++violations_[std::string(limit.name)];
}

json::object Limits::describe() const {
    json::object kinds;
    std::int64_t all = 0;
    for (const auto& [name, count] : violations_) {
        kinds[name] = count;
        all += count;
    }
    return {{"on", floods_on_}, {"violations", all}, {"kinds", std::move(kinds)}};
}

}  // namespace tgstats::playground
