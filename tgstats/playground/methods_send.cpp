// sendMessage and its kin: content first, then the chat, then one place that builds the message.

#include <algorithm>

#include "tgstats/playground/methods.h"

namespace tgstats::playground {

namespace {

using Answer = Outcome<json::value>;

constexpr std::size_t file_bytes_max = 50 * 1024 * 1024;
constexpr std::size_t album_min = 2;
constexpr std::size_t album_max = 10;

// reply_parameters, or its older spelling reply_to_message_id.
Outcome<json::object> reply_fields(Chat& chat, const Arguments& arguments) {
    auto id = arguments.integer("reply_to_message_id");
    bool optional = arguments.boolean("allow_sending_without_reply");
    const auto parameters = arguments.structure("reply_parameters");
    if (!parameters) return parameters.error();
    if (const auto* object = parameters->if_object()) {
        const Arguments inner(*object);
        id = inner.integer("message_id");
        optional = inner.boolean("allow_sending_without_reply");
    }
    if (!id || *id == 0) return json::object();
    const auto* replied = chat.message(*id);
    if (!replied && optional) return json::object();
    if (!replied) return bad_request("message to be replied not found");
    auto body = replied->body;
    body.erase("reply_to_message");
    return json::object{{"reply_to_message", std::move(body)}};
}

Outcome<json::object> common_fields(Caller caller, const Arguments& arguments, Chat& chat) {
    auto body = reply_fields(chat, arguments);
    if (!body) return body;
    const auto markup = inline_keyboard(arguments);
    if (!markup) return markup.error();
    if (!markup->is_null()) (*body)["reply_markup"] = *markup;
    (*body)["from"] = to_json(caller.bot.user);
    if (const auto thread = arguments.integer("message_thread_id")) {
        (*body)["message_thread_id"] = *thread;
        (*body)["is_topic_message"] = true;
    }
    if (arguments.boolean("protect_content")) (*body)["has_protected_content"] = true;
    return body;
}

Answer send(Caller caller, const Arguments& arguments, json::object content) {
    auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    auto body = common_fields(caller, arguments, **chat);
    if (!body) return body.error();
    for (auto& [name, value] : content) (*body)[name] = std::move(value);
    return json::value(caller.playground.world.add_message(**chat, std::move(*body)).body);
}

Answer send_message(Caller caller, const Arguments& arguments) {
    auto content = formatted_fields(caller, arguments, message_text);
    if (!content) return content.error();
    if (content->empty()) return bad_request(message_text.empty);
    return send(caller, arguments, std::move(*content));
}

Answer send_attachment(Caller caller, const Arguments& arguments, Attachment kind) {
    // The chat first: a file for nobody is not kept.
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    auto content = formatted_fields(caller, arguments, message_caption);
    if (!content) return content.error();
    auto attached = attachment(caller, arguments, kind);
    if (!attached) return attached.error();
    for (auto& [name, value] : *attached) (*content)[name] = std::move(value);
    if (kind == Attachment::photo && arguments.boolean("has_spoiler"))
        (*content)["has_media_spoiler"] = true;
    return send(caller, arguments, std::move(*content));
}

Answer send_photo(Caller caller, const Arguments& arguments) {
    return send_attachment(caller, arguments, Attachment::photo);
}

Answer send_document(Caller caller, const Arguments& arguments) {
    return send_attachment(caller, arguments, Attachment::document);
}

Outcome<json::object> album_item(Caller caller, const Arguments& arguments,
                                 const json::value& value) {
    const auto* item = value.if_object();
    const Arguments fields(item ? *item : json::object());
    const auto type = fields.text("type").value_or("");
    if (type != "photo" && type != "document")
        return bad_request("can't parse InputMedia: unsupported type");
    auto content = formatted_fields(caller, fields, message_caption);
    if (!content) return content;
    const auto reference = fields.text("media").value_or("");
    const auto* upload =
        reference.starts_with("attach://") ? arguments.upload(reference.substr(9)) : nullptr;
    auto attached = attachment_from(caller, upload, reference,
                                    type == "photo" ? Attachment::photo : Attachment::document);
    if (!attached) return attached;
    for (auto& [name, part] : *attached) (*content)[name] = std::move(part);
    return content;
}

Answer send_media_group(Caller caller, const Arguments& arguments) {
    const auto media = arguments.structure("media");
    if (!media) return media.error();
    const auto* items = media->if_array();
    if (!items || items->size() < album_min)
        return bad_request("there must be at least 2 media in an album");
    if (items->size() > album_max) return bad_request("too many media in an album");
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    std::vector<json::object> contents;
    for (const auto& item : *items) {
        auto content = album_item(caller, arguments, item);
        if (!content) return content.error();
        contents.push_back(std::move(*content));
    }
    json::array sent;
    const auto group = std::to_string((*chat)->last_message_id + 1);
    for (auto& content : contents) {
        content["media_group_id"] = group;
        auto message = send(caller, arguments, std::move(content));
        if (!message) return message;
        sent.push_back(std::move(*message));
    }
    return json::value(std::move(sent));
}

Answer send_chat_action(Caller caller, const Arguments& arguments) {
    const auto action = arguments.text("action").value_or("");
    static constexpr std::string_view known[] = {
        "typing",        "upload_photo",      "record_video",     "upload_video",
        "record_voice",  "upload_voice",      "upload_document",  "choose_sticker",
        "find_location", "record_video_note", "upload_video_note"};
    if (std::find(std::begin(known), std::end(known), action) == std::end(known)) {
        return bad_request("wrong parameter action in request");
    }
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    caller.playground.world.note("action", (*chat)->id,
                                 {{"action", action}, {"from", to_json(caller.bot.user)}});
    return json::value(true);
}

Outcome<json::object> photo_of(Caller caller, const Upload& upload) {
    auto photo = add_photo(caller.playground.world, upload);
    if (!photo) return photo.error();
    return json::object{{"photo", std::move(*photo)}};
}

json::object document_of(const File& file) {
    json::object document{
        {"file_id", file.id}, {"file_unique_id", file.unique_id}, {"file_size", file.data->size()}};
    if (!file.name.empty()) document["file_name"] = file.name;
    if (!file.content_type.empty()) document["mime_type"] = file.content_type;
    return {{"document", std::move(document)}};
}

json::object photo_of(const File& file) {
    const json::object size{{"file_id", file.id},
                            {"file_unique_id", file.unique_id},
                            {"width", file.size->width},
                            {"height", file.size->height},
                            {"file_size", file.data->size()}};
    return {{"photo", json::array{size}}};
}

}  // namespace

Outcome<json::object> attachment_from(Caller caller, const Upload* upload,
                                      const std::string& reference, Attachment kind) {
    auto& world = caller.playground.world;
    if (!upload) {
        if (reference.empty()) {
            return bad_request(kind == Attachment::photo ? "there is no photo in the request"
                                                         : "there is no document in the request");
        }
        const auto* file = world.file(reference);
        if (!file) return bad_request("wrong file identifier/HTTP URL specified");
        if (kind == Attachment::document) return document_of(*file);
        if (!file->size) return bad_request("can't use file of type Document as Photo");
        return photo_of(*file);
    }
    if (kind == Attachment::photo) return photo_of(caller, *upload);
    if (upload->data->empty()) return bad_request("file must be non-empty");
    if (upload->data->size() > file_bytes_max) return ApiError{413, "Request Entity Too Large", {}};
    File file;
    file.name = upload->name;
    file.content_type = upload->content_type;
    file.data = upload->data;
    return document_of(world.add_file(std::move(file), "documents"));
}

Outcome<json::object> attachment(Caller caller, const Arguments& arguments, Attachment kind) {
    const char* name = kind == Attachment::photo ? "photo" : "document";
    const auto reference = arguments.text(name).value_or("");
    const auto* upload = arguments.upload(name);
    if (!upload && reference.starts_with("attach://"))
        upload = arguments.upload(reference.substr(9));
    return attachment_from(caller, upload, reference, kind);
}

const std::vector<MethodEntry> send_methods{{"sendMessage", send_message},
                                            {"sendPhoto", send_photo},
                                            {"sendDocument", send_document},
                                            {"sendMediaGroup", send_media_group},
                                            {"sendChatAction", send_chat_action}};

}  // namespace tgstats::playground
