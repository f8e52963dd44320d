#pragma once
// What service messages tell, by the member of the message that tells it.

#include <algorithm>
#include <array>
#include <string_view>

namespace tgstats {

struct ServiceAction {
    std::string_view name;
    bool wordless = false;  // its value holds no words of people; titles and names are no texts
    bool of_group = false;  // tells of the group, whoever did it
};

// The Bot API's. A message that has several tells the first.
inline constexpr std::array<ServiceAction, 53> service_actions{{
    {.name = "new_chat_members", .wordless = true},
    {.name = "left_chat_member", .wordless = true},
    {.name = "new_chat_title", .wordless = true, .of_group = true},
    {.name = "new_chat_photo", .wordless = true, .of_group = true},
    {.name = "delete_chat_photo", .wordless = true, .of_group = true},
    {.name = "group_chat_created", .wordless = true, .of_group = true},
    {.name = "supergroup_chat_created", .wordless = true, .of_group = true},
    {.name = "channel_chat_created", .wordless = true, .of_group = true},
    {.name = "message_auto_delete_timer_changed", .wordless = true, .of_group = true},
    {.name = "migrate_to_chat_id", .wordless = true, .of_group = true},
    {.name = "migrate_from_chat_id", .wordless = true, .of_group = true},
    {.name = "pinned_message", .of_group = true},
    {.name = "successful_payment"},
    {.name = "refunded_payment"},
    {.name = "users_shared"},
    {.name = "user_shared"},  // what it was called before, and goes with it
    {.name = "chat_shared"},
    {.name = "connected_website"},
    {.name = "write_access_allowed"},
    {.name = "passport_data"},
    {.name = "proximity_alert_triggered"},
    {.name = "boost_added", .wordless = true},
    {.name = "chat_background_set", .of_group = true},
    {.name = "checklist_tasks_done"},
    {.name = "checklist_tasks_added"},
    {.name = "direct_message_price_changed"},
    {.name = "paid_message_price_changed"},
    {.name = "forum_topic_created", .wordless = true, .of_group = true},
    {.name = "forum_topic_edited", .wordless = true, .of_group = true},
    {.name = "forum_topic_closed", .wordless = true, .of_group = true},
    {.name = "forum_topic_reopened", .wordless = true, .of_group = true},
    {.name = "general_forum_topic_hidden", .wordless = true, .of_group = true},
    {.name = "general_forum_topic_unhidden", .wordless = true, .of_group = true},
    {.name = "giveaway_created"},
    {.name = "giveaway_completed"},
    {.name = "video_chat_scheduled", .wordless = true, .of_group = true},
    {.name = "video_chat_started", .wordless = true, .of_group = true},
    {.name = "video_chat_ended", .wordless = true, .of_group = true},
    {.name = "video_chat_participants_invited", .wordless = true},
    {.name = "web_app_data"},
    {.name = "suggested_post_approved"},
    {.name = "suggested_post_approval_failed"},
    {.name = "suggested_post_declined"},
    {.name = "suggested_post_paid"},
    {.name = "suggested_post_refunded"},
    {.name = "chat_owner_left"},
    {.name = "chat_owner_changed"},
    {.name = "managed_bot_created"},
    {.name = "poll_option_added"},
    {.name = "poll_option_deleted"},
    {.name = "gift"},
    {.name = "unique_gift"},
    {.name = "gift_upgrade_sent"},
}};

// Wordless ones that exports call otherwise.
inline constexpr std::array<std::string_view, 14> exported_wordless_actions{
    "create_group",       "create_channel",        "edit_group_title",
    "edit_group_photo",   "delete_group_photo",    "invite_members",
    "remove_members",     "join_group_by_link",    "join_group_by_request",
    "migrate_from_group", "migrate_to_supergroup", "topic_created",
    "topic_edit",         "invite_to_group_call"};

constexpr bool is_wordless(std::string_view action) {
    const auto is_it = [&](const ServiceAction& one) { return one.name == action && one.wordless; };
    return std::ranges::any_of(service_actions, is_it) ||
           std::ranges::find(exported_wordless_actions, action) != exported_wordless_actions.end();
}

}  // namespace tgstats
