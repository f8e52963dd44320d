#include <gmock/gmock.h>

#include "tgstats/playground/fixture_test.h"

namespace tgstats::playground {
namespace {

constexpr std::int64_t small_group = -4001;

class GroupMigration : public PlaygroundFixture {
protected:
    GroupMigration() {
        Chat chat;
        chat.id = small_group;
        chat.type = "group";
        chat.title = "Small";
        chat.members = {{101, "creator"}, {102, "member"}};
        playground.add_user({.id = 101, .first_name = "Ada"});
        playground.add_user({.id = 102, .first_name = "Boris"});
        playground.add_chat(std::move(chat));
    }
};

TEST_F(GroupMigration, BothChatsTellItAndTheNewOneCountsFromOne) {
    say(small_group, "before");
    const auto moved = playground.migrate(small_group, {.id = 101});
    ASSERT_TRUE(moved);
    const auto updates = call("getUpdates").as_array();
    ASSERT_EQ(updates.size(), 5U);
    const auto& goes = updates[1].at("message");
    EXPECT_EQ(goes.at("chat").at("id"), small_group);
    EXPECT_EQ(goes.at("migrate_to_chat_id"), *moved);
    const auto& comes = updates[2].at("message");
    EXPECT_EQ(comes.at("message_id"), 1);
    EXPECT_EQ(comes.at("chat").at("type"), "supergroup");
    EXPECT_EQ(comes.at("migrate_from_chat_id"), small_group);
    const auto& left = updates[3].at("my_chat_member");
    EXPECT_EQ(left.at("chat").at("id"), small_group);
    EXPECT_EQ(left.at("new_chat_member").at("status"), "left");
    const auto& joined = updates[4].at("my_chat_member");
    EXPECT_EQ(joined.at("chat").at("id"), *moved);
    EXPECT_EQ(joined.at("new_chat_member").at("status"), "administrator");
    EXPECT_TRUE(playground.world.chat(*moved)->has_admin(101));
}

TEST_F(GroupMigration, NobodyWritesInTheOldGroupAnyMore) {
    const auto moved = playground.migrate(small_group, {.id = 101});
    ASSERT_TRUE(moved);
    const json::object message{{"chat_id", small_group}, {"text", "x"}};
    EXPECT_EQ(call("sendMessage", message),
              "400 Bad Request: group chat was upgraded to a supergroup chat");
    EXPECT_FALSE(playground.post({.chat_id = small_group, .from = {.id = 101}, .text = "x"}));
    EXPECT_FALSE(playground.migrate(small_group, {.id = 101})) << "it has moved";
    EXPECT_FALSE(playground.migrate(*moved, {.id = 101})) << "it is a supergroup";
}

TEST_F(GroupMigration, MembersMayNotMoveAGroup) {
    EXPECT_FALSE(playground.migrate(small_group, {.id = 102}));
    EXPECT_FALSE(playground.migrate(-4'002, {.id = 101}));
}

}  // namespace
}  // namespace tgstats::playground
