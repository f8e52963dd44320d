#pragma once
// Who is there and what was said: users, chats with members and messages, files, and the log of
// changes that the web chat follows. Plain state on the loop thread; everything in it is bounded.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "hotreload/base/condition.h"
#include "hotreload/base/unix_time.h"
#include "tgstats/content/image_size.h"

namespace tgstats::playground {

namespace json = boost::json;
using hotreload::unix_now;

inline constexpr std::size_t messages_per_chat_max = 2'000;
inline constexpr std::size_t chats_max = 10'000;
inline constexpr std::size_t changes_max = 5'000;
inline constexpr std::size_t file_bytes_total_max = 256 * 1024 * 1024;

struct User {
    std::int64_t id = 0;
    std::string first_name;
    std::string last_name;
    std::string username;
    bool is_bot = false;
};
json::object to_json(const User& user);

struct Message {
    json::object body;                              // a Bot API Message
    std::map<std::int64_t, json::array> reactions;  // ReactionType objects, by user
};

struct Chat {
    std::int64_t id = 0;
    std::string type;  // private, group, supergroup
    std::string title;
    std::string username;
    std::map<std::int64_t, std::string>
        members;  // user -> creator, administrator, member, left, kicked
    std::map<std::int64_t, Message> messages;
    std::int64_t last_message_id = 0;
    std::int64_t migrated_to = 0;  // of a group: the supergroup that it has become

    [[nodiscard]] bool is_private() const { return type == "private"; }
    [[nodiscard]] bool has_member(std::int64_t user_id) const;
    [[nodiscard]] bool has_admin(std::int64_t user_id) const;
    [[nodiscard]] Message* message(std::int64_t message_id);  // nullptr when absent
};

struct File {
    std::string id;
    std::string unique_id;
    std::string path;  // "photos/file_3.png"
    std::string name;
    std::string content_type;
    std::shared_ptr<const std::string> data;
    std::optional<ImageSize> size;
};

struct Change {
    std::uint64_t n = 0;
    std::string kind;  // message, edited, deleted, action, commands, reaction, answer, members
    std::int64_t chat_id = 0;
    json::object message;
};

class World {
public:
    explicit World(hotreload::asio::any_io_executor executor) : changed_(std::move(executor)) {}

    User& put_user(User user);  // adds, or updates the names
    [[nodiscard]] const User* user(std::int64_t id) const;
    [[nodiscard]] const std::map<std::int64_t, User>& users() const { return users_; }

    Chat& put_chat(Chat chat);  // adds; a chat that is there keeps its messages and members
    [[nodiscard]] Chat* chat(std::int64_t id);
    [[nodiscard]] Chat* chat_by_username(std::string_view username);
    [[nodiscard]] const std::map<std::int64_t, Chat>& chats() const { return chats_; }
    [[nodiscard]] json::object describe(const Chat& chat) const;  // a Bot API Chat

    // Completes `body` with message_id, chat and date, keeps it and notes the change.
    const Message& add_message(Chat& chat, json::object body);
    void edited(const Chat& chat, const Message& message);
    bool erase_message(Chat& chat, std::int64_t message_id);

    const File& add_file(File file, std::string_view folder);  // fills id, unique_id and path
    [[nodiscard]] const File* file(std::string_view id) const;
    [[nodiscard]] const File* file_by_path(std::string_view path) const;

    void note(std::string kind, std::int64_t chat_id, json::object message);
    [[nodiscard]] std::uint64_t last_change() const { return last_change_; }
    [[nodiscard]] const std::deque<Change>& changes() const { return changes_; }
    hotreload::Condition& changed() { return changed_; }

private:
    std::map<std::int64_t, User> users_;
    std::map<std::int64_t, Chat> chats_;
    std::deque<File> files_;
    std::size_t file_bytes_ = 0;
    std::uint64_t last_file_ = 0;
    std::deque<Change> changes_;
    std::uint64_t last_change_ = 0;
    hotreload::Condition changed_;
};

}  // namespace tgstats::playground
