// What a bot asks about chats, their members and files.

#include "tgstats/playground/methods.h"

namespace tgstats::playground {

namespace {

using Answer = Outcome<json::value>;

constexpr std::size_t download_bytes_max = 20 * 1024 * 1024;
constexpr int reactions_per_message_max = 11;

json::object all_permissions() {
    json::object permissions;
    for (const auto* name :
         {"can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos",
          "can_send_videos", "can_send_video_notes", "can_send_voice_notes", "can_send_polls",
          "can_send_other_messages", "can_add_web_page_previews", "can_invite_users"}) {
        permissions[name] = true;
    }
    return permissions;
}

Answer get_chat(Caller caller, const Arguments& arguments) {
    const auto chat = target_chat(caller, arguments);
    if (!chat) return chat.error();
    auto info = caller.playground.world.describe(**chat);
    info["accent_color_id"] = 0;
    info["max_reaction_count"] = reactions_per_message_max;
    info["accepted_gift_types"] = json::object{{"unlimited_gifts", false},
                                               {"limited_gifts", false},
                                               {"unique_gifts", false},
                                               {"premium_subscription", false},
                                               {"gifts_from_channels", false}};
    if (!(*chat)->is_private()) info["permissions"] = all_permissions();
    if (!(*chat)->username.empty()) info["active_usernames"] = json::array{(*chat)->username};
    return json::value(std::move(info));
}

Answer get_chat_member(Caller caller, const Arguments& arguments) {
    const auto chat = target_chat(caller, arguments);
    if (!chat) return chat.error();
    const auto id = arguments.integer("user_id");
    if (!id) return bad_request("invalid user_id specified");
    const auto* user = caller.playground.world.user(*id);
    if (!user) return bad_request("PARTICIPANT_ID_INVALID");
    const auto found = (*chat)->members.find(*id);
    return json::value(
        chat_member(*user, found == (*chat)->members.end() ? "left" : found->second));
}

// Other bots are left out, as with Telegram.
Answer get_chat_administrators(Caller caller, const Arguments& arguments) {
    const auto chat = target_chat(caller, arguments);
    if (!chat) return chat.error();
    if ((*chat)->is_private())
        return bad_request("there are no administrators in the private chat");
    json::array admins;
    for (const auto& [id, status] : (*chat)->members) {
        const auto* user = caller.playground.world.user(id);
        if (!user || !(*chat)->has_admin(id)) continue;
        if (user->is_bot && id != caller.bot.user.id) continue;
        admins.push_back(chat_member(*user, status));
    }
    return json::value(std::move(admins));
}

Answer get_chat_member_count(Caller caller, const Arguments& arguments) {
    const auto chat = target_chat(caller, arguments);
    if (!chat) return chat.error();
    std::int64_t count = 0;
    for (const auto& [id, status] : (*chat)->members) count += (*chat)->has_member(id) ? 1 : 0;
    return json::value(count);
}

Answer leave_chat(Caller caller, const Arguments& arguments) {
    const auto chat = writable_chat(caller, arguments);
    if (!chat) return chat.error();
    if ((*chat)->is_private())
        return bad_request("chat member status can't be changed in private chats");
    if (auto error = caller.playground.set_member((*chat)->id, caller.bot.user, "left"))
        return std::move(*error);
    return json::value(true);
}

Answer get_file(Caller caller, const Arguments& arguments) {
    const auto* file = caller.playground.world.file(arguments.text("file_id").value_or(""));
    if (!file) return bad_request("invalid file_id");
    if (file->data->size() > download_bytes_max) return bad_request("file is too big");
    return json::value(json::object{{"file_id", file->id},
                                    {"file_unique_id", file->unique_id},
                                    {"file_size", file->data->size()},
                                    {"file_path", file->path}});
}

Answer get_user_profile_photos(Caller caller, const Arguments& arguments) {
    const auto id = arguments.integer("user_id");
    if (!id || !caller.playground.world.user(*id)) return bad_request("user not found");
    return json::value(json::object{{"total_count", 0}, {"photos", json::array()}});
}

}  // namespace

const std::vector<MethodEntry> chat_methods{{"getChat", get_chat},
                                            {"getChatMember", get_chat_member},
                                            {"getChatAdministrators", get_chat_administrators},
                                            {"getChatMemberCount", get_chat_member_count},
                                            {"getChatMembersCount", get_chat_member_count},
                                            {"leaveChat", leave_chat},
                                            {"getFile", get_file},
                                            {"getUserProfilePhotos", get_user_profile_photos}};

}  // namespace tgstats::playground
