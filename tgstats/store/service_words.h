#pragma once
// Which service rows hold no words of people; titles and names are no texts.

#include <algorithm>
#include <array>
#include <string_view>

namespace tgstats {

// The Bot API's actions, then those that exports call otherwise.
inline constexpr std::array<std::string_view, 36> wordless_actions{
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "boost_added",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "create_group",
    "create_channel",
    "edit_group_title",
    "edit_group_photo",
    "delete_group_photo",
    "invite_members",
    "remove_members",
    "join_group_by_link",
    "join_group_by_request",
    "migrate_from_group",
    "migrate_to_supergroup",
    "topic_created",
    "topic_edit",
    "invite_to_group_call"};

constexpr bool is_wordless(std::string_view action) {
    return std::find(wordless_actions.begin(), wordless_actions.end(), action) !=
           wordless_actions.end();
}

}  // namespace tgstats
