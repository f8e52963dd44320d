// A group becomes a supergroup: another chat with another id, which counts its messages from 1.

#include "tgstats/playground/playground.h"

namespace tgstats::playground {

namespace {

constexpr std::int64_t newest_supergroup = -1'003'000'000'000;

std::int64_t free_id(World& world) {
    auto id = newest_supergroup;
    while (world.chat(id) != nullptr) --id;
    return id;
}

}  // namespace

ApiError moved_away(const Chat& chat) {
    auto error = bad_request("group chat was upgraded to a supergroup chat");
    error.parameters["migrate_to_chat_id"] = chat.migrated_to;
    return error;
}

// Both chats tell it, and then the bots hear that they are no longer in the one, but in the other.
Outcome<std::int64_t> Playground::migrate(std::int64_t chat_id, User by) {
    auto* old = world.chat(chat_id);
    if (old == nullptr || old->type != "group" || old->migrated_to != 0)
        return bad_request("only a group becomes a supergroup");
    if (!old->has_admin(by.id)) return bad_request("not enough rights to change the group");
    if (world.chats().size() >= chats_max) return bad_request("too many chats");
    Chat made;
    made.id = free_id(world);
    made.type = "supergroup";
    made.title = old->title;
    made.members = old->members;
    auto& chat = world.put_chat(std::move(made));
    old->migrated_to = chat.id;
    const json::object goes{{"from", to_json(*world.user(by.id))}, {"migrate_to_chat_id", chat.id}};
    deliver(*old, "message", world.add_message(*old, goes).body);
    const json::object comes{{"from", to_json(anonymous_admin())},
                             {"sender_chat", world.describe(chat)},
                             {"migrate_from_chat_id", chat_id}};
    deliver(chat, "message", world.add_message(chat, comes).body);
    for (const auto& bot : bots_) {
        if (!chat.has_member(bot->user.id)) continue;
        const auto status = chat.members.at(bot->user.id);
        old->members[bot->user.id] = "left";
        tell_member(*bot, *old, status);
        tell_member(*bot, chat, "left");
    }
    return Outcome<std::int64_t>(boost::system::in_place_value, chat.id);
}

// That its own membership has changed, by Telegram itself.
void Playground::tell_member(Bot& bot, const Chat& chat, const std::string& before) {
    bot.updates.push(
        "my_chat_member",
        json::object{{"chat", world.describe(chat)},
                     {"from", to_json(anonymous_admin())},
                     {"date", unix_now()},
                     {"old_chat_member", chat_member(bot.user, before)},
                     {"new_chat_member", chat_member(bot.user, chat.members.at(bot.user.id))}});
}

}  // namespace tgstats::playground
