#pragma once
// The Bot API methods, by name. All but getUpdates, which waits, answer at once.

#include <string_view>

#include "tgstats/playground/api_error.h"
#include "tgstats/playground/arguments.h"
#include "tgstats/playground/playground.h"

namespace tgstats::playground {

// Who calls, and in which world.
struct Caller {
    Playground& playground;
    Bot& bot;
};

using Method = Outcome<json::value> (*)(Caller caller, const Arguments& arguments);

// Names compare without case, as with Telegram; nullptr when the playground does not know the
// method.
Method find_method(std::string_view name);

// {"ok": …} as it goes over HTTP.
std::string answer_body(const Outcome<json::value>& outcome);

struct MethodEntry {
    std::string_view name;
    Method method;
};

// The parts of the table, by file.
extern const std::vector<MethodEntry> account_methods, chat_methods, send_methods, edit_methods;

// Shared by them.
Outcome<Chat*> target_chat(Caller caller, const Arguments& arguments);
// target_chat, and the bot may write there.
Outcome<Chat*> writable_chat(Caller caller, const Arguments& arguments);
// The parameter allowed_updates; nullopt when it is not given.
Outcome<std::optional<std::vector<std::string>>> allowed_kinds(const Arguments& arguments);
Outcome<json::value> inline_keyboard(const Arguments& arguments);  // null when there is none

struct TextFields {
    const char* text;
    const char* entities;
    std::size_t units_max;
    const char* empty;  // the error's words
    const char* too_long;
};
inline constexpr TextFields message_text{"text", "entities", 4096, "message text is empty",
                                         "message is too long"};
inline constexpr TextFields message_caption{
    "caption", "caption_entities", 1024, "message caption is empty", "message caption is too long"};
// {text, entities} or {caption, caption_entities} as they go into a Message; empty when there is no
// text.
Outcome<json::object> formatted_fields(Caller caller, const Arguments& arguments,
                                       const TextFields& fields);

enum class Attachment { photo, document };
// {photo: […]} or {document: …} from an upload, attach://NAME or a file_id.
Outcome<json::object> attachment(Caller caller, const Arguments& arguments, Attachment kind);
Outcome<json::object> attachment_from(Caller caller, const Upload* upload,
                                      const std::string& reference, Attachment kind);

}  // namespace tgstats::playground
