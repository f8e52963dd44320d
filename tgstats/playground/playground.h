#pragma once
// A Telegram of one's own: bots on one side (the Bot API), simulated people on the other (the web
// chat, tests). This class is the people's side and the delivery of updates; methods.h is the bots'
// side; mount.h puts both on HTTP.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/task_group.h"
#include "tgstats/playground/api_error.h"
#include "tgstats/playground/arguments.h"
#include "tgstats/playground/bot.h"
#include "tgstats/playground/business.h"
#include "tgstats/playground/limits.h"
#include "tgstats/playground/people.h"
#include "tgstats/playground/traffic.h"
#include "tgstats/playground/world.h"

namespace tgstats::playground {

namespace asio = hotreload::asio;

struct Options {
    std::vector<BotAccount> bots{BotAccount{}};
    // Where counting starts. 0 derives it from the clock, so that a bot which remembers what it saw
    // before the playground was started anew does not take new updates and messages for old ones.
    std::int64_t first_update_id = 0;
    std::int64_t first_message_id = 0;
    std::filesystem::path traffic;  // where Traffic is written; empty: nowhere
};

class Playground {
public:
    Playground(asio::any_io_executor executor, Options options);
    ~Playground();  // after stop()

    // What the web chat offers before anybody has spoken: two groups, three people, one private
    // chat.
    void add_default_content();
    User& add_user(User user) { return world.put_user(std::move(user)); }
    // Every bot becomes an administrator unless `members` says otherwise. A message counter may
    // come with it.
    Chat& add_chat(Chat chat);

    Outcome<Posted> post(UserMessage message);
    Outcome<Posted> edit(std::int64_t chat_id, std::int64_t message_id, std::string text);
    Outcome<std::string> press(Press press);  // the callback query's id
    std::optional<ApiError> react(UserReaction reaction);
    // member, administrator, left or kicked: with service message and chat_member update.
    std::optional<ApiError> set_member(std::int64_t chat_id, User user, const std::string& status);
    Outcome<std::int64_t> migrate(std::int64_t chat_id, User by);  // the new chat's id

    [[nodiscard]] Bot* bot(std::string_view token);
    [[nodiscard]] Bot& first_bot() { return *bots_.front(); }
    void start_webhook(Bot& bot);
    [[nodiscard]] asio::any_io_executor executor() const { return executor_; }
    [[nodiscard]] Traffic* traffic() { return traffic_ ? &*traffic_ : nullptr; }
    [[nodiscard]] bool closed() const { return closed_; }
    // Ends waiting polls and webhook deliveries. Call before the server stops.
    void close();
    Task<bool> stop(hotreload::Millis deadline);

    World world;
    Business business{world};
    Limits limits;

private:
    void tell_member(Bot& bot, const Chat& chat, const std::string& before);
    void note_member(Chat& chat, std::int64_t user_id, const std::string& before);
    Chat& chat_for(const UserMessage& message);
    Outcome<json::object> body_of(const Chat& chat, const UserMessage& message);
    // To every bot in the chat; the first bot's update id.
    std::optional<std::int64_t> deliver(const Chat& chat, std::string_view kind,
                                        const json::value& payload);
    Task<void> run_webhook(Bot& bot);
    Task<bool> deliver_to_webhook(Bot& bot, UpdateQueue::Update update);

    asio::any_io_executor executor_;
    std::int64_t first_message_id_;
    std::optional<Traffic> traffic_;
    std::vector<std::unique_ptr<Bot>> bots_;
    std::uint64_t last_callback_ = 0;
    bool closed_ = false;
    hotreload::TaskGroup tasks_;
};

User anonymous_admin();
ApiError moved_away(const Chat& chat);  // what a group answers that has become a supergroup
// A Bot API ChatMember; administrators may do everything but be anonymous.
json::object chat_member(const User& user, const std::string& status);
// Creates the file and the "photo" value of a message. Errors are Telegram's.
Outcome<json::array> add_photo(World& world, const Upload& upload);

}  // namespace tgstats::playground
