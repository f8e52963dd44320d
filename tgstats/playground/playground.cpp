#include "tgstats/playground/playground.h"

#include <charconv>

#include "hotreload/base/unix_time.h"
#include "hotreload/base/utf8.h"
#include "tgstats/playground/formatting.h"

namespace tgstats::playground {

namespace {

constexpr std::size_t photo_bytes_max = 10 * 1024 * 1024;
constexpr int photo_sides_max = 10'000;
constexpr int photo_ratio_max = 20;
constexpr std::int64_t year_2026 = 1'767'225'600;
constexpr std::int64_t ids_per_second = 8;

std::int64_t id_of(const std::string& token) {
    std::int64_t id = 0;
    std::from_chars(token.data(), token.data() + token.find(':'), id);
    return id;
}

// A playground that is started again begins behind all that it gave before, if that was not more
// than eight a second over its whole life. Stays below 2^31 until 2034.
std::int64_t first_id() {
    constexpr std::int64_t second_ns = 1'000'000'000;
    return (hotreload::unix_now_ns() - year_2026 * second_ns) / (second_ns / ids_per_second);
}

}  // namespace

Outcome<json::array> add_photo(World& world, const Upload& upload) {
    const auto bytes = upload.data->size();
    if (bytes == 0) return bad_request("file must be non-empty");
    if (bytes > photo_bytes_max) {
        return bad_request("file of size " + std::to_string(bytes) +
                           " bytes is too big for a photo; the maximum size is " +
                           std::to_string(photo_bytes_max) + " bytes");
    }
    const auto size = image_size(*upload.data);
    if (!size) return bad_request("IMAGE_PROCESS_FAILED");
    const bool large = size->width > photo_sides_max || size->height > photo_sides_max;
    if (large) return bad_request("PHOTO_INVALID_DIMENSIONS");  // and products of them fit below
    const bool thin = size->width > size->height * photo_ratio_max ||
                      size->height > size->width * photo_ratio_max;
    if (size->width + size->height > photo_sides_max || thin)
        return bad_request("PHOTO_INVALID_DIMENSIONS");
    File file;
    file.name = upload.name;
    file.content_type = "image/" + std::string(size->extension == "jpg" ? "jpeg" : size->extension);
    file.data = upload.data;
    file.size = size;
    const auto& kept = world.add_file(std::move(file), "photos");
    return json::array{json::object{{"file_id", kept.id},
                                    {"file_unique_id", kept.unique_id},
                                    {"width", size->width},
                                    {"height", size->height},
                                    {"file_size", bytes}}};
}

Playground::Playground(asio::any_io_executor executor, Options options)
    : world(executor),
      executor_(executor),
      first_message_id_(options.first_message_id > 0 ? options.first_message_id : first_id()),
      tasks_(executor, nullptr) {
    if (!options.traffic.empty()) traffic_.emplace(options.traffic);
    const auto first_update = options.first_update_id > 0 ? options.first_update_id : first_id();
    for (auto& account : options.bots) {
        User user;
        user.id = id_of(account.token);
        user.is_bot = true;
        user.first_name = account.first_name;
        user.username = account.username;
        world.put_user(user);
        bots_.push_back(std::make_unique<Bot>(executor, account.token, user, first_update));
    }
}

Playground::~Playground() = default;

// Telegram's own, for administrators who do not show who they are.
User anonymous_admin() {
    User user;
    user.id = 1087968824;
    user.first_name = "Group";
    user.username = "GroupAnonymousBot";
    user.is_bot = true;
    return user;
}

void Playground::add_default_content() {
    const auto person = [this](std::int64_t id, const char* name, const char* username) {
        User user;
        user.id = id;
        user.first_name = name;
        user.username = username;
        add_user(std::move(user));
    };
    person(101, "Ada", "ada");
    person(102, "Boris", "boris");
    person(103, "Chen", "chen");
    for (const auto& [id, title] :
         {std::pair{-1001000000001, "Playground"}, {-1001000000002, "Second group"}}) {
        Chat group;
        group.id = id;
        group.type = "supergroup";
        group.title = title;
        group.members = {{101, "creator"}, {102, "member"}, {103, "member"}};
        add_chat(std::move(group));
    }
    Chat dialog;
    dialog.id = 101;
    dialog.type = "private";
    add_chat(std::move(dialog));
}

Chat& Playground::add_chat(Chat chat) {
    if (chat.type.empty()) chat.type = chat.id > 0 ? "private" : "supergroup";
    if (chat.last_message_id == 0) chat.last_message_id = first_message_id_ - 1;
    for (const auto& bot : bots_) {
        chat.members.emplace(bot->user.id, chat.is_private() ? "member" : "administrator");
    }
    if (chat.is_private()) {
        chat.members.emplace(chat.id, "member");
        if (!world.user(chat.id)) {
            User person;
            person.id = chat.id;
            person.first_name = chat.title;
            world.put_user(std::move(person));
        }
    } else if (chat.title.empty()) {
        chat.title = "Group " + std::to_string(chat.id);
    }
    return world.put_chat(std::move(chat));
}

Chat& Playground::chat_for(const UserMessage& message) {
    if (auto* known = world.chat(message.chat_id)) return *known;
    Chat chat;
    chat.id = message.chat_id;
    if (chat.id < 0) chat.members[message.from.id] = "creator";
    return add_chat(std::move(chat));
}

Outcome<json::object> Playground::body_of(const Chat& chat, const UserMessage& message) {
    FormattedText formatted{message.text, {}};
    trim(formatted);
    if (!message.photo && formatted.text.empty()) return bad_request("message text is empty");
    if (utf16_length(formatted.text) > (message.photo ? caption_units_max : text_units_max)) {
        return bad_request(message.photo ? "message caption is too long" : "message is too long");
    }
    add_detected_entities(formatted);
    json::object body{{"from", to_json(*world.user(message.from.id))}};
    if (message.anonymous) {
        body["from"] = to_json(anonymous_admin());
        body["sender_chat"] = world.describe(chat);
    }
    if (message.message_thread_id) {
        body["message_thread_id"] = *message.message_thread_id;
        body["is_topic_message"] = true;
    }
    if (message.reply_to_message_id) {
        const auto replied = chat.messages.find(*message.reply_to_message_id);
        if (replied == chat.messages.end()) return bad_request("message to be replied not found");
        body["reply_to_message"] = replied->second.body;
        body["reply_to_message"].as_object().erase("reply_to_message");
    }
    if (message.photo) {
        auto photo = add_photo(world, *message.photo);
        if (!photo) return photo.error();
        body["photo"] = std::move(*photo);
        if (!message.media_group_id.empty()) body["media_group_id"] = message.media_group_id;
    }
    if (!formatted.text.empty()) body[message.photo ? "caption" : "text"] = formatted.text;
    if (!formatted.entities.empty())
        body[message.photo ? "caption_entities" : "entities"] = formatted.entities;
    return body;
}

Outcome<Posted> Playground::post(UserMessage message) {
    if (message.chat_id == 0) return bad_request("chat_id is empty");
    if (message.chat_id > 0 && message.from.id == 0) message.from.id = message.chat_id;
    if (message.from.id <= 0) return bad_request("from.id is empty");
    const auto* known = world.user(message.from.id);
    if (known && known->is_bot) return bad_request("from.id belongs to a bot");
    if (message.chat_id > 0 && message.from.id != message.chat_id) {
        return bad_request("only its own person writes in a private chat");
    }
    if (!world.chat(message.chat_id) && world.chats().size() >= chats_max)
        return bad_request("too many chats");
    world.put_user(message.from);
    auto& chat = chat_for(message);
    if (chat.migrated_to != 0) return moved_away(chat);
    if (message.anonymous && (chat.is_private() || !chat.has_admin(message.from.id)))
        return bad_request("only administrators of a group write as the group");
    auto body = body_of(chat, message);
    if (!body) return body.error();
    if (!chat.has_member(message.from.id)) chat.members[message.from.id] = "member";
    const auto& kept = world.add_message(chat, std::move(*body));
    Posted posted;
    posted.message_id = chat.last_message_id;
    posted.update_id = deliver(chat, "message", kept.body);
    return posted;
}

std::optional<std::int64_t> Playground::deliver(const Chat& chat, std::string_view kind,
                                                const json::value& payload) {
    std::optional<std::int64_t> first;
    for (const auto& bot : bots_) {
        if (!chat.has_member(bot->user.id)) continue;
        const auto id = bot->updates.push(kind, payload);
        if (bot == bots_.front()) first = id;
    }
    return first;
}

Bot* Playground::bot(std::string_view token) {
    for (const auto& bot : bots_) {
        if (bot->token == token) return bot.get();
    }
    return nullptr;
}

void Playground::close() {
    closed_ = true;
    for (const auto& bot : bots_) bot->updates.close();
    world.changed().notify_all();
    tasks_.cancel();
}

Task<bool> Playground::stop(hotreload::Millis deadline) {
    close();
    const bool joined = co_await tasks_.joined(deadline);
    co_return joined;
}

}  // namespace tgstats::playground
