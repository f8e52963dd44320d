// What breaks Telegram's rules for photos goes as a document.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tgstats/content/image_size.h"
#include "tgstats/content/json_in.h"
#include "tgstats/dispatch/fit_effect.h"

namespace tgstats {
namespace {

constexpr std::string_view attach = "attach://";

// Why it is no photo for Telegram; empty when it is one, or nobody here can tell.
std::string photo_fault(std::string_view bytes) {
    if (bytes.size() > photo_bytes_max)
        return fmt::format("{} bytes; a photo may have {}", bytes.size(), photo_bytes_max);
    const auto size = image_size(bytes);
    if (!size) return {};
    const auto [shorter, longer] = std::minmax(size->width, size->height);
    if (size->width + size->height > photo_sides_max)
        return fmt::format("{}x{}; width and height of a photo may be {} together", size->width,
                           size->height, photo_sides_max);
    if (longer > shorter * photo_ratio_max)
        return fmt::format("{}x{}; a photo may be {} times as long as wide", size->width,
                           size->height, photo_ratio_max);
    return {};
}

std::string_view text_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                  : std::string_view();
}

// The upload that a parameter means: "attach://NAME", or the one with the parameter's own name.
Upload* upload_for(Effect& effect, std::string_view reference, std::string_view name) {
    if (reference.starts_with(attach)) name = reference.substr(attach.size());
    const auto found = std::ranges::find(effect.files, name, &Upload::field);
    return found == effect.files.end() ? nullptr : &*found;
}

void name_as_document(Upload& upload) {
    const auto size = image_size(upload.bytes);
    if (size && upload.file_name.find('.') == std::string::npos)
        upload.file_name += "." + std::string(size->extension);
}

void fit_photo(Effect& effect, std::vector<Change>& changes) {
    auto* upload = upload_for(effect, text_in(effect.params, "photo"), "photo");
    auto fault = upload == nullptr ? std::string() : photo_fault(upload->bytes);
    if (fault.empty()) return;
    effect.method = "sendDocument";
    if (upload->field == "photo") upload->field = "document";
    if (auto* photo = effect.params.if_contains("photo")) {
        const bool renamed = text_in(effect.params, "photo") == "attach://photo";
        effect.params["document"] = renamed ? json::value("attach://document") : *photo;
    }
    for (const auto* key : {"photo", "has_spoiler", "show_caption_above_media"})
        effect.params.erase(key);
    name_as_document(*upload);
    changes.push_back({"photo_as_document", std::move(fault)});
}

void turn_into_document(json::object& item) {
    static constexpr std::array<std::string_view, 6> kept{
        "media",      "thumbnail",        "caption",
        "parse_mode", "caption_entities", "disable_content_type_detection"};
    json::object document{{"type", "document"}};
    for (const auto& [key, value] : item)
        if (std::ranges::find(kept, std::string_view(key)) != kept.end()) document[key] = value;
    item = std::move(document);
}

// Documents stay among themselves: with one of an album all of it changes.
void fit_album(Effect& effect, std::vector<Change>& changes) {
    const auto items = media_items(effect);
    std::string fault;
    for (const auto* item : items) {
        if (text_in(*item, "type") != "photo") continue;
        auto* upload = upload_for(effect, text_in(*item, "media"), "");
        auto its = upload == nullptr ? std::string() : photo_fault(upload->bytes);
        if (its.empty()) continue;
        name_as_document(*upload);
        if (fault.empty()) fault = std::move(its);
    }
    if (fault.empty()) return;
    for (auto* item : items) turn_into_document(*item);
    changes.push_back({"photo_as_document", std::move(fault)});
}

}  // namespace

std::vector<json::object*> media_items(Effect& effect) {
    if (effect.method != "sendMediaGroup" && effect.method != "editMessageMedia") return {};
    auto* media = effect.params.if_contains("media");
    if (media == nullptr) return {};
    if (const auto* text = media->if_string())
        if (auto said = json_in(*text)) *media = std::move(*said);
    std::vector<json::object*> items;
    if (auto* one = media->if_object()) items.push_back(one);
    if (auto* list = media->if_array())
        for (auto& item : *list)
            if (item.is_object()) items.push_back(&item.get_object());
    return items;
}

void fit_photos(Effect& effect, std::vector<Change>& changes) {
    if (effect.method == "sendPhoto")
        fit_photo(effect, changes);
    else
        fit_album(effect, changes);
}

}  // namespace tgstats
