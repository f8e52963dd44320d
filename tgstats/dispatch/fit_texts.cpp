// Texts and captions that are too long for one message.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tgstats/content/json_in.h"
#include "tgstats/content/text_atoms.h"
#include "tgstats/content/text_pieces.h"
#include "tgstats/content/text_units.h"
#include "tgstats/dispatch/fit_effect.h"
#include "tgstats/telegram/json_fields.h"

namespace tgstats {
namespace {

constexpr std::string_view ellipsis = "…";

// Where a call has its text.
struct TextPlace {
    std::string_view text;
    std::string_view entities;
    std::size_t units_max = 0;
    bool goes_on = false;  // in further messages; else it is cut
};
constexpr TextPlace message_place{"text", "entities", text_units_max, true};
constexpr TextPlace caption_place{"caption", "caption_entities", caption_units_max, true};

std::optional<TextPlace> place_of(std::string_view method) {
    static constexpr std::array<std::string_view, 8> captioned{
        "sendPhoto", "sendDocument", "sendVideo",     "sendAnimation",
        "sendAudio", "sendVoice",    "sendPaidMedia", "copyMessage"};
    if (method == "sendMessage") return message_place;
    if (std::ranges::find(captioned, method) != captioned.end()) return caption_place;
    if (method == "editMessageText") return TextPlace{"text", "entities", text_units_max};
    if (method == "editMessageCaption")
        return TextPlace{"caption", "caption_entities", caption_units_max};
    if (method == "answerCallbackQuery") return TextPlace{"text", "", callback_answer_units_max};
    return std::nullopt;
}

Markup markup_of(const json::object& params) {
    const auto* mode = params.if_contains("parse_mode");
    if (mode == nullptr || !mode->is_string() || mode->get_string().empty()) return Markup::none;
    std::string name(mode->get_string());
    std::ranges::transform(name, name.begin(), [](char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return name == "html" ? Markup::html : Markup::markdown;
}

// A backslash before a sign says that it is one.
std::string plain_of_markdown(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
        plain += text[at];
    }
    return plain;
}

bool drop_markup(json::object& fields, std::string_view place) {
    const auto markup = markup_of(fields);
    auto* text = fields.if_contains(place);
    if (markup == Markup::none || text == nullptr || !text->is_string()) return false;
    const std::string source(text->get_string());
    *text = markup == Markup::html ? plain_of_html(source) : plain_of_markdown(source);
    fields.erase("parse_mode");
    return true;
}

// Entities that a call names by itself, for one piece of its text.
json::array entities_of(const json::value& given, const TextPiece& piece) {
    json::array kept;
    const auto* list = given.if_array();
    for (const auto& value : list == nullptr ? json::array() : *list) {
        if (!value.is_object()) continue;
        auto entity = value.get_object();
        const auto offset = std::max<std::int64_t>(integer_in(entity, "offset"), 0);
        const auto begin = static_cast<std::size_t>(offset);
        const auto end = static_cast<std::size_t>(
            std::max<std::int64_t>(offset + integer_in(entity, "length"), 0));
        const auto from = std::max(begin, piece.begin);
        const auto to = std::min(end, piece.begin + piece.units);
        if (from >= to) continue;
        entity["offset"] = from - piece.begin;
        entity["length"] = to - from;
        kept.push_back(std::move(entity));
    }
    return kept;
}

void put_piece(json::object& fields, const TextPlace& place, const TextPiece& piece,
               const json::value& entities) {
    fields[place.text] = piece.source;
    if (place.entities.empty()) return;
    fields.erase(place.entities);
    if (auto kept = entities_of(entities, piece); !kept.empty())
        fields[place.entities] = std::move(kept);
}

class TextFitter {
public:
    TextFitter(Effect effect, std::vector<Change>& changes)
        : effect_(std::move(effect)), changes_(changes) {}

    Result<std::vector<Effect>, std::string> fit() {
        std::string fault;
        if (const auto place = place_of(effect_.method)) {
            fault = fit_fields(effect_.params, *place);
        } else {
            auto place_of_items = caption_place;
            place_of_items.goes_on = effect_.method == "sendMediaGroup";
            for (auto* item : media_items(effect_))
                if (fault.empty()) fault = fit_fields(*item, place_of_items);
        }
        if (!fault.empty())
            return Result<std::vector<Effect>, std::string>(boost::system::in_place_error,
                                                            effect_.method + ": " + fault);
        move_ends();
        std::vector<Effect> all;
        all.push_back(std::move(effect_));
        std::ranges::move(further_, std::back_inserter(all));
        return all;
    }

private:
    // The fault, or nothing.
    std::string fit_fields(json::object& fields, const TextPlace& place) {
        const auto* value = fields.if_contains(place.text);
        if (value == nullptr || !value->is_string()) return {};
        const std::string text(value->get_string());
        if (utf16_length(text) <= place.units_max) return {};
        if (text.size() > long_text_bytes_max)
            return fmt::format("{} has {} bytes; at most {} can be sent", place.text, text.size(),
                               long_text_bytes_max);
        const PieceSizes sizes{place.goes_on ? place.units_max : place.units_max - 1,
                               text_units_max};
        auto pieces = text_pieces(text, markup_of(fields), sizes);
        if (!pieces) {
            changes_.push_back({"as_plain_text", "it is long, and its HTML is not well-formed"});
            drop_markup(fields, place.text);
            return fit_fields(fields, place);
        }
        if (pieces->size() == 1 && pieces->front().units <= sizes.first) return {};
        return place.goes_on ? split(fields, place, *pieces) : cut(fields, place, *pieces);
    }

    std::string cut(json::object& fields, const TextPlace& place, std::vector<TextPiece>& pieces) {
        const auto entities = given_entities(fields, place);
        pieces.front().source += ellipsis;
        put_piece(fields, place, pieces.front(), entities);
        changes_.push_back(
            {"cut", fmt::format("{} may have {} characters here", place.text, place.units_max)});
        return {};
    }

    std::string split(json::object& fields, const TextPlace& place,
                      const std::vector<TextPiece>& pieces) {
        if (pieces.size() + further_.size() > long_text_messages_max)
            return fmt::format("{} would make {} messages; at most {} are sent for one", place.text,
                               pieces.size(), long_text_messages_max);
        const auto entities = given_entities(fields, place);
        for (auto piece = pieces.begin() + 1; piece != pieces.end(); ++piece) {
            Effect next{.method = "sendMessage", .params = carried(), .files = {}};
            if (const auto* mode = fields.if_contains("parse_mode"))
                next.params["parse_mode"] = *mode;
            put_piece(next.params, message_place, *piece, entities);
            further_.push_back(std::move(next));
        }
        put_piece(fields, place, pieces.front(), entities);
        return {};
    }

    static json::value given_entities(const json::object& fields, const TextPlace& place) {
        const auto* given = place.entities.empty() ? nullptr : fields.if_contains(place.entities);
        if (given == nullptr) return nullptr;
        if (!given->is_string()) return *given;
        return json_in(given->get_string()).value_or(json::value());
    }

    // What the further messages have in common with the first one.
    [[nodiscard]] json::object carried() const {
        json::object params;
        for (const auto* key :
             {"chat_id", "message_thread_id", "direct_messages_topic_id", "disable_notification",
              "protect_content", "allow_paid_broadcast", "link_preview_options"})
            if (const auto* value = effect_.params.if_contains(key)) params[key] = *value;
        return params;
    }

    // The first answers, the last has the keyboard.
    void move_ends() {
        if (further_.empty()) return;
        const auto* markup = effect_.params.if_contains("reply_markup");
        if (markup == nullptr) return;
        further_.back().params["reply_markup"] = *markup;
        effect_.params.erase("reply_markup");
    }

    Effect effect_;
    std::vector<Effect> further_;
    std::vector<Change>& changes_;
};

}  // namespace

Result<std::vector<Effect>, std::string> fit_texts(Effect effect, std::vector<Change>& changes) {
    return TextFitter(std::move(effect), changes).fit();
}

Result<Fitted, std::string> fit_effect(Effect effect) {
    Fitted fitted;
    fit_photos(effect, fitted.changes);
    auto effects = fit_texts(std::move(effect), fitted.changes);
    if (!effects)
        return Result<Fitted, std::string>(boost::system::in_place_error, effects.error());
    fitted.effects = std::move(*effects);
    return fitted;
}

std::optional<Effect> without_refused_markup(const Effect& effect, const ApiError& error) {
    const bool refused = error.kind == ApiError::Kind::api && error.error_code == 400 &&
                         error.description.find("can't parse entities") != std::string::npos;
    if (!refused) return std::nullopt;
    auto plain = effect;
    bool changed = false;
    if (const auto place = place_of(plain.method)) changed = drop_markup(plain.params, place->text);
    for (auto* item : media_items(plain)) changed = drop_markup(*item, "caption") || changed;
    if (!changed) return std::nullopt;
    return plain;
}

}  // namespace tgstats
