#include <gtest/gtest.h>

#include "tgstats/record/record_fixture.h"
#include "tgstats/store/chat_history.h"
#include "tgstats/store/outbox.h"
#include "tgstats/store/plugin_state.h"

namespace tgstats {
namespace {

using ChangesTest = RecordTest;

constexpr std::int64_t group = -7;
const std::string group_json = R"("chat":{"id":-7,"type":"group","title":"T"})";
const std::string to_supergroup =
    in_chat(message(100, 50, 5, R"("migrate_to_chat_id":-1001)"), group_json);
const std::string from_group = message(101, 1, 5, R"("migrate_from_chat_id":-7)");

class MigrationTest : public RecordTest {
protected:
    // A group with history, settings, a plugin's state and an answer that waits.
    void fill() {
        record(in_chat(message(1, 1, 5, R"("text":"old","media_group_id":"9")"), group_json));
        record(in_chat(
            message(2, 2, 6,
                    R"("text":"reply","reply_to_message":{"message_id":1,"date":1,)" + chat_json +
                        R"(,"from":{"id":5,"is_bot":false,"first_name":"U5"}})"),
            group_json));
        ChatSettings settings;
        settings.timezone = "Asia/Tokyo";
        ASSERT_TRUE(store->set_settings(group, settings));
        StateChanges changes;
        changes["points:-7"] = json::value(3);
        changes["-7/-77"] = json::value(4);
        ASSERT_TRUE(apply_state(*store, "game", changes));
        answer_id = outbox_put(*store, {.chat_id = group,
                                        .plugin = "game",
                                        .method = "sendMessage",
                                        .params = R"({"chat_id":-7,"text":"x",)"
                                                  R"("reply_parameters":{"message_id":1}})"});
    }
    void check() {
        const auto moved = store->message(chat, 1 - 1'000'000'000);
        ASSERT_TRUE(moved);
        EXPECT_EQ(moved->text, "old");
        EXPECT_EQ(store->message(chat, 2 - 1'000'000'000)->reply_to_message_id, 1 - 1'000'000'000);
        EXPECT_EQ(count("message_details"), 1);
        EXPECT_EQ(count("messages"), 2);
        EXPECT_EQ(count("service_rows"), 2);
        EXPECT_EQ(count("service_rows WHERE chat_id=-1001"), 2);
        EXPECT_EQ(store->settings(chat).timezone, "Asia/Tokyo");
        EXPECT_EQ(user(5).at("replies_received"), 1);
        // Whoever still asks by the old id is answered from where the group is.
        EXPECT_EQ(ask("users", R"({"chat_id":-7})").at("total_messages"), 2);
        EXPECT_EQ(store->current_chat_id(group), chat);
        EXPECT_EQ(store->chat_ids(), std::vector<std::int64_t>{chat});
        EXPECT_EQ(state_keys(*store, "game"),
                  (std::vector<std::string>{"-1001/-77", "points:-1001"}));
        const auto answer = outbox_get(*store, answer_id);
        EXPECT_EQ(answer->chat_id, chat);
        EXPECT_EQ(answer->params, R"({"chat_id":-1001,"text":"x"})");
    }

    std::int64_t answer_id = 0;
};

TEST_F(MigrationTest, HistoryFollowsWhenTheOldChatTellsFirst) {
    fill();
    record(to_supergroup);
    record(from_group);
    check();
    // What was under way then, and what comes after reopening.
    store.reset();
    store.emplace(std::move(*Store::open(dir)));
    const auto edit = message(102, 1, 5, R"("edit_date":1790000009,"text":"older")");
    record(in_chat(as_kind(edit, "edited_message"), group_json));
    EXPECT_EQ(store->message(chat, 1 - 1'000'000'000)->text, "older");
    record(R"({"update_id":103,"my_chat_member":{"date":1790000010,)" + group_json +
           R"(,"from":{"id":5,"is_bot":false,"first_name":"U5"},"new_chat_member":)"
           R"({"status":"left","user":{"id":1,"is_bot":true,"first_name":"Me"}}}})");
    EXPECT_TRUE(store->is_active(chat));
    EXPECT_EQ(count("messages WHERE chat_id=-7"), 0);
}

TEST_F(MigrationTest, HistoryFollowsWhenTheNewChatTellsFirst) {
    fill();
    record(from_group);
    record(to_supergroup);
    check();
}

TEST_F(MigrationTest, CirclesAndUnknownGroupsDoNoHarm) {
    record(from_group);  // of a group that was never seen
    record(in_chat(message(110, 3, 5, R"("text":"late")"), group_json));
    EXPECT_EQ(store->message(chat, 3 - 1'000'000'000)->text, "late");
    record(message(111, 4, 5, R"("migrate_to_chat_id":-7)"));
    record(message(112, 5, 5, R"("migrate_to_chat_id":-1001)"));
    EXPECT_EQ(store->current_chat_id(group), chat);
    EXPECT_EQ(store->current_chat_id(chat), chat);
}

TEST_F(ChangesTest, TitlesOverTime) {
    const auto titled = [&](const std::string& title) {
        return R"("chat":{"id":-1001,"type":"supergroup","title":")" + title + "\"}";
    };
    record(in_chat(message(1, 1, 5, R"("text":"a")"), titled("One")));
    auto renamed = in_chat(message(2, 2, 6, R"("new_chat_title":"Two")"), titled("Two"));
    renamed.replace(renamed.find("1790000000"), 10, "1790000100");
    record(renamed);
    // Edited later, written before: it was called otherwise then.
    const auto edit = message(3, 1, 5, R"("edit_date":1790000200,"text":"b")");
    record(in_chat(as_kind(edit, "edited_message"), titled("Two")));
    const auto seen = titles(*store, chat);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].title, "One");
    EXPECT_EQ(seen[1].title, "Two");
    EXPECT_EQ(seen[1].since, 1'790'000'100);
    EXPECT_EQ(seen[1].actor_id, 6);
    put_title(*store, {.chat_id = chat, .since = 1'000, .title = "One"});  // as an import says
    ASSERT_EQ(titles(*store, chat).size(), 2U);
    EXPECT_EQ(titles(*store, chat)[0].since, 1'000);
}

TEST_F(ChangesTest, TopicsHaveNames) {
    const std::string in = R"("message_thread_id":70,"is_topic_message":true,)";
    record(message(1, 70, 5, in + R"("forum_topic_created":{"name":"News","icon_color":1})"));
    record(message(2, 71, 5,
                   in +
                       R"("text":"a","reply_to_message":{"message_id":70,"date":1,)"
                       R"("forum_topic_created":{"name":"Other"},)" +
                       chat_json + "}"));
    EXPECT_EQ(topic(*store, chat, 70)->name, "News");
    EXPECT_EQ(topic(*store, chat, 70)->creator_id, 5);
    record(message(3, 72, 5, in + R"("forum_topic_edited":{"icon_custom_emoji_id":"8"})"));
    record(message(4, 73, 5, in + R"("forum_topic_edited":{"name":"Old news"})"));
    record(message(5, 74, 5, in + R"("forum_topic_closed":{})"));
    EXPECT_EQ(topic(*store, chat, 70)->name, "Old news");
    EXPECT_EQ(topic(*store, chat, 70)->icon, "8");
    EXPECT_TRUE(topic(*store, chat, 70)->closed);
    record(message(6, 75, 5, in + R"("forum_topic_reopened":{})"));
    EXPECT_FALSE(topic(*store, chat, 70)->closed);
    record(message(7, 76, 5, R"("general_forum_topic_hidden":{})"));
    EXPECT_TRUE(topic(*store, chat, 1)->hidden);
    // Older than the bot: its name comes along with a message in it.
    record(message(8, 77, 5,
                   R"("message_thread_id":60,"is_topic_message":true,"text":"b",)"
                   R"("reply_to_message":{"message_id":60,"date":9,)"
                   R"("forum_topic_created":{"name":"Ancient"},)" +
                       chat_json + "}"));
    EXPECT_EQ(topic(*store, chat, 60)->name, "Ancient");
    EXPECT_EQ(store->message(chat, 77)->thread_id, 60);
    EXPECT_EQ(store->message(chat, 77)->reply_to_message_id, 0);
}

TEST_F(MigrationTest, TheJournalKnowsOneChat) {
    fill();
    record(to_supergroup);
    record(from_group);
    record(in_chat(message(120, 9, 5, R"("text":"late")"), group_json));
    EXPECT_EQ(text_of("SELECT group_concat(DISTINCT chat_id) FROM journal WHERE body<>''"),
              "-1001");
}

// Nobody asked for it, and nobody reads it: an old registration may still have it sent.
TEST_F(MigrationTest, OfUnknownKindsOnlyTheNumberIsKept) {
    record(R"({"update_id":7,"inline_query":{"id":"1","query":"private words","offset":"",)"
           R"("from":{"id":5,"is_bot":false,"first_name":"U5"}}})");
    EXPECT_EQ(text_of("SELECT kind||body FROM journal WHERE update_id=7"), "other");
    EXPECT_EQ(text_of("SELECT handled FROM journal WHERE update_id=7"), "1");
}

}  // namespace
}  // namespace tgstats
