#include "tgstats/playground/world.h"

#include <algorithm>

#include "hotreload/base/sha256.h"

namespace tgstats::playground {

json::object to_json(const User& user) {
    json::object result{{"id", user.id}, {"is_bot", user.is_bot}, {"first_name", user.first_name}};
    if (!user.last_name.empty()) result["last_name"] = user.last_name;
    if (!user.username.empty()) result["username"] = user.username;
    return result;
}

bool Chat::has_member(std::int64_t user_id) const {
    const auto found = members.find(user_id);
    return found != members.end() && found->second != "left" && found->second != "kicked";
}

bool Chat::has_admin(std::int64_t user_id) const {
    const auto found = members.find(user_id);
    return found != members.end() &&
           (found->second == "creator" || found->second == "administrator");
}

Message* Chat::message(std::int64_t message_id) {
    const auto found = messages.find(message_id);
    return found == messages.end() ? nullptr : &found->second;
}

User& World::put_user(User user) {
    auto& known = users_[user.id];
    if (user.first_name.empty()) user.first_name = known.first_name;
    if (user.first_name.empty()) user.first_name = "User " + std::to_string(user.id);
    if (user.username.empty()) user.username = known.username;
    if (user.last_name.empty()) user.last_name = known.last_name;
    known = std::move(user);
    return known;
}

const User* World::user(std::int64_t id) const {
    const auto found = users_.find(id);
    return found == users_.end() ? nullptr : &found->second;
}

Chat& World::put_chat(Chat chat) {
    const auto found = chats_.find(chat.id);
    if (found == chats_.end()) return chats_.emplace(chat.id, std::move(chat)).first->second;
    auto& known = found->second;
    if (!chat.title.empty()) known.title = chat.title;
    if (!chat.username.empty()) known.username = chat.username;
    known.last_message_id = std::max(known.last_message_id, chat.last_message_id);
    for (auto& [id, status] : chat.members) known.members[id] = status;
    return known;
}

Chat* World::chat(std::int64_t id) {
    const auto found = chats_.find(id);
    return found == chats_.end() ? nullptr : &found->second;
}

Chat* World::chat_by_username(std::string_view username) {
    for (auto& [id, chat] : chats_) {
        if (!chat.is_private() && !username.empty() && chat.username == username) return &chat;
    }
    return nullptr;
}

json::object World::describe(const Chat& chat) const {
    json::object result{{"id", chat.id}, {"type", chat.type}};
    if (!chat.is_private()) {
        result["title"] = chat.title;
        if (!chat.username.empty()) result["username"] = chat.username;
        return result;
    }
    if (const auto* person = user(chat.id)) {
        result["first_name"] = person->first_name;
        if (!person->last_name.empty()) result["last_name"] = person->last_name;
        if (!person->username.empty()) result["username"] = person->username;
    }
    return result;
}

const Message& World::add_message(Chat& chat, json::object body) {
    const auto id = ++chat.last_message_id;
    json::object whole{{"message_id", id}, {"date", unix_now()}, {"chat", describe(chat)}};
    for (auto& [name, value] : body) whole[name] = std::move(value);
    auto& message = chat.messages[id];
    message.body = std::move(whole);
    while (chat.messages.size() > messages_per_chat_max) chat.messages.erase(chat.messages.begin());
    note("message", chat.id, message.body);
    return message;
}

void World::edited(const Chat& chat, const Message& message) {
    note("edited", chat.id, message.body);
}

bool World::erase_message(Chat& chat, std::int64_t message_id) {
    if (chat.messages.erase(message_id) == 0) return false;
    note("deleted", chat.id, {{"message_id", message_id}});
    return true;
}

const File& World::add_file(File file, std::string_view folder) {
    const auto number = std::to_string(++last_file_);
    const auto digest = hotreload::sha256(*file.data).hex();
    file.unique_id = "P" + digest.substr(0, 15);
    file.id = "PlaygroundFile" + number + "_" + digest.substr(0, 16);
    std::string extension = file.size ? std::string(file.size->extension) : "bin";
    const auto dot = file.name.rfind('.');
    if (!file.size && dot != std::string::npos) {
        const auto own = file.name.substr(dot + 1);
        const bool plain =
            !own.empty() && own.size() <= 8 && std::all_of(own.begin(), own.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            });
        if (plain) extension = own;
    }
    file.path = std::string(folder) + "/file_" + number + "." + extension;
    file_bytes_ += file.data->size();
    files_.push_back(std::move(file));
    while (file_bytes_ > file_bytes_total_max && files_.size() > 1) {
        file_bytes_ -= files_.front().data->size();
        files_.pop_front();
    }
    return files_.back();
}

const File* World::file(std::string_view id) const {
    const auto found =
        std::find_if(files_.begin(), files_.end(), [&](const File& f) { return f.id == id; });
    return found == files_.end() ? nullptr : &*found;
}

const File* World::file_by_path(std::string_view path) const {
    const auto found =
        std::find_if(files_.begin(), files_.end(), [&](const File& f) { return f.path == path; });
    return found == files_.end() ? nullptr : &*found;
}

void World::note(std::string kind, std::int64_t chat_id, json::object message) {
    changes_.push_back({++last_change_, std::move(kind), chat_id, std::move(message)});
    if (changes_.size() > changes_max) changes_.pop_front();
    changed_.notify_all();
}

}  // namespace tgstats::playground
