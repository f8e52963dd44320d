#include "tgstats/playground/commands.h"

#include <algorithm>

#include "tgstats/playground/formatting.h"

namespace tgstats::playground {

namespace {

constexpr std::size_t commands_max = 100;
constexpr std::size_t command_bytes_max = 32;
constexpr std::size_t description_units_max = 256;

bool is_command(const std::string& name) {
    return !name.empty() && name.size() <= command_bytes_max &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

}  // namespace

Outcome<std::string> command_scope(World& world, const Arguments& arguments) {
    const auto scope = arguments.structure("scope");
    if (!scope) return scope.error();
    if (scope->is_null()) return std::string("default");
    if (!scope->is_object())
        return bad_request("can't parse BotCommandScope: BotCommandScope must be an Object");
    const Arguments fields(scope->get_object());
    const auto type = fields.text("type").value_or("");
    static constexpr std::string_view plain[] = {"default", "all_private_chats", "all_group_chats",
                                                 "all_chat_administrators"};
    if (std::find(std::begin(plain), std::end(plain), type) != std::end(plain)) return type;
    const bool of_member = type == "chat_member";
    if (!of_member && type != "chat" && type != "chat_administrators")
        return bad_request("can't parse BotCommandScope: unsupported type specified");
    const auto name = fields.text("chat_id");
    if (!name) return bad_request("can't parse BotCommandScope: Can't find field \"chat_id\"");
    const auto user = fields.integer("user_id");
    if (of_member && !user)
        return bad_request("can't parse BotCommandScope: Can't find field \"user_id\"");
    const auto* chat = name->starts_with('@') ? world.chat_by_username(name->substr(1))
                                              : world.chat(fields.integer("chat_id").value_or(0));
    if (!chat) return bad_request("chat not found");
    if (chat->is_private() && type != "chat")
        return bad_request("can't change commands in private chats with this scope");
    const auto here = type + "/" + std::to_string(chat->id);
    return of_member ? here + "/" + std::to_string(*user) : here;
}

Outcome<json::array> checked_commands(const Arguments& arguments) {
    const auto given = arguments.structure("commands");
    if (!given) return given.error();
    if (!given->is_array())
        return bad_request("can't parse commands: commands must be an Array of Objects");
    json::array commands;
    for (const auto& value : given->get_array()) {
        const auto* object = value.if_object();
        const Arguments fields(object ? *object : json::object());
        const auto name = fields.text("command").value_or("");
        const auto description = fields.text("description").value_or("");
        const auto bare = name.starts_with('/') ? name.substr(1) : name;
        if (!is_command(bare)) return bad_request("BOT_COMMAND_INVALID");
        if (description.empty() || utf16_length(description) > description_units_max) {
            return bad_request("BOT_COMMAND_DESCRIPTION_INVALID");
        }
        commands.push_back(json::object{{"command", bare}, {"description", description}});
    }
    if (commands.size() > commands_max) return bad_request("BOT_COMMANDS_TOO_MUCH");
    return commands;
}

json::array commands_for(const Bot& bot, const Chat& chat, std::int64_t user_id) {
    const auto id = std::to_string(chat.id);
    std::vector<std::string> scopes;
    if (!chat.is_private()) scopes.push_back("chat_member/" + id + "/" + std::to_string(user_id));
    if (chat.has_admin(user_id)) scopes.push_back("chat_administrators/" + id);
    scopes.push_back("chat/" + id);
    if (chat.has_admin(user_id)) scopes.emplace_back("all_chat_administrators");
    scopes.emplace_back(chat.is_private() ? "all_private_chats" : "all_group_chats");
    scopes.emplace_back("default");
    for (const auto& scope : scopes) {
        const auto found = bot.commands.find({scope, ""});
        if (found != bot.commands.end()) return found->second;
    }
    return {};
}

}  // namespace tgstats::playground
