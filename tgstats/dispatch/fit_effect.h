#pragma once
// Makes a decided call fit what Telegram takes: long texts and captions become several messages,
// what breaks the rules for photos goes as a document, and markup that Telegram refuses is left
// out.

#include <optional>
#include <string>
#include <vector>

#include "tgstats/dispatch/effects.h"

namespace tgstats {

inline constexpr std::size_t long_text_bytes_max = 1U << 20;
inline constexpr std::size_t long_text_messages_max = 50;
inline constexpr std::size_t photo_bytes_max = 10U << 20;
inline constexpr int photo_sides_max = 10'000;  // width and height together
inline constexpr int photo_ratio_max = 20;
inline constexpr std::size_t callback_answer_units_max = 200;

// What was changed about a call so that people see less, or something else, than was decided.
struct Change {
    std::string what;  // photo_as_document, as_plain_text, cut
    std::string reason;
};

struct Fitted {
    std::vector<Effect> effects;  // in this order
    std::vector<Change> changes;
};

// The error, for the plugin's author, says why it cannot be made to fit.
Result<Fitted, std::string> fit_effect(Effect effect);

// The same without markup, when that is what Telegram refused it for.
std::optional<Effect> without_refused_markup(const Effect& effect, const ApiError& error);

// Parts of fit_effect. Photos first: a document has a caption as well.
void fit_photos(Effect& effect, std::vector<Change>& changes);
Result<std::vector<Effect>, std::string> fit_texts(Effect effect, std::vector<Change>& changes);
// The items of an album, or the one of editMessageMedia; none of any other call. Forms and plugins
// may give them as JSON text, which is replaced by what it says.
std::vector<json::object*> media_items(Effect& effect);

}  // namespace tgstats
