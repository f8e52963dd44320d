#include "tgstats/settings/opt_out_filter.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/temp_folder_test.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

constexpr std::int64_t group = -1001;

Store opened(const std::filesystem::path& folder) {
    auto store = Store::open(folder);
    if (!store) throw std::runtime_error(store.error());
    return std::move(*store);
}

class OptOutFilterTest : public testing::Test {
protected:
    OptOutFilterTest() : store(opened(folder.path())) {
        store.put_chat({group, "supergroup", "T", "", false});
        opt_out(store, 7, group, 1'000);
    }
    // What is handed on to be recorded; nothing for an update that is kept back whole.
    std::string recorded(const std::string& body) {
        auto raw = json::parse(R"({"update_id":)" + std::to_string(++last_id) + "," + body + "}");
        const auto update = parse_update(std::move(raw.as_object()));
        std::string handed_on;
        const auto seq =
            record_with_consent(store, *update, 1'000, [&](Store&, const json::object& whole) {
                handed_on = json::serialize(whole);
                return std::int64_t{99};
            });
        EXPECT_GT(seq, 0);
        return handed_on;
    }

    hotreload::TempFolder folder;
    Store store;
    int last_id = 0;
};

const std::string chat_part = R"("chat":{"id":-1001,"type":"supergroup"})";

TEST_F(OptOutFilterTest, WhatSomebodyOptedOutDoesIsKeptBackWhole) {
    for (const char* body :
         {R"("message":{"message_id":1,"from":{"id":7},"text":"secret",)",
          R"("edited_message":{"message_id":1,"from":{"id":7},"text":"secret",)",
          R"("message_reaction":{"message_id":1,"user":{"id":7},)",
          R"("chat_member":{"from":{"id":1},"new_chat_member":{"user":{"id":7}},)",
          R"("chat_join_request":{"from":{"id":7},)",
          R"("message":{"message_id":2,"from":{"id":1},"left_chat_member":{"id":7},)"})
        EXPECT_EQ(recorded(body + chat_part + "}"), "") << body;
    EXPECT_TRUE(journal_after(store, 0, 10).size() == 6) << "known, so that none comes twice";
    for (int id = 1; id <= 6; ++id) journal_mark_handled(store, id);
    EXPECT_TRUE(journal_after(store, 0, 10).empty()) << "and blank once handled";
}

// A chat of two is about both: neither side of it is recorded.
TEST_F(OptOutFilterTest, BusinessChatsWithSomebodyOptedOutAreKeptBack) {
    opt_out(store, 8, everywhere, 1'000);
    const std::string with_them = R"("chat":{"id":8,"type":"private","first_name":"Boris"})";
    for (const char* body :
         {R"("business_message":{"message_id":1,"from":{"id":8},"text":"secret",)",
          R"("business_message":{"message_id":2,"from":{"id":1},"text":"secret",)",
          R"("edited_business_message":{"message_id":2,"from":{"id":1},"text":"secret",)",
          R"("deleted_business_messages":{"message_ids":[2],)",
          R"("business_connection":{"id":"c","user":{"id":8},)"})
        EXPECT_EQ(recorded(body + with_them + "}"), "") << body;
    const auto other = recorded(R"("business_message":{"message_id":3,"from":{"id":1},"text":"x",)"
                                R"("chat":{"id":9,"type":"private"}})");
    EXPECT_NE(other.find("\"x\""), std::string::npos);
}

TEST_F(OptOutFilterTest, OthersAreRecordedWithoutThem) {
    const auto answer = recorded(
        R"("message":{"message_id":3,"from":{"id":1},"text":"well","quote":{"text":"secret"},)"
        R"("reply_to_message":{"message_id":1,"from":{"id":7,"first_name":"Ada"},)"
        R"("text":"secret",)" +
        chat_part + "}," + chat_part + "}");
    EXPECT_NE(answer.find("well"), std::string::npos);
    EXPECT_EQ(answer.find("secret"), std::string::npos);
    EXPECT_EQ(answer.find("Ada"), std::string::npos);
    const auto forward = recorded(
        R"("message":{"message_id":4,"from":{"id":1},"text":"x","forward_origin":{"type":"user",)"
        R"("sender_user":{"id":7,"first_name":"Ada"}},)" +
        chat_part + "}");
    EXPECT_EQ(forward.find("Ada"), std::string::npos);
    const auto joined =
        recorded(R"("message":{"message_id":5,"from":{"id":1},"new_chat_members":[{"id":7,)"
                 R"("first_name":"Ada"},{"id":8,"first_name":"Boris"}],)" +
                 chat_part + "}");
    EXPECT_EQ(joined.find("Ada"), std::string::npos);
    EXPECT_NE(joined.find("Boris"), std::string::npos);
}

TEST_F(OptOutFilterTest, WhatOthersQuotePinOrMentionIsRecordedWithoutThem) {
    const std::string ada = R"({"id":7,"first_name":"Ada"})";
    const std::string theirs = R"({"message_id":1,"from":)" + ada + R"(,"text":"secret"})";
    for (const std::string& part : std::vector<std::string>{
             R"("external_reply":{"origin":{"type":"user","sender_user":)" + ada +
                 R"(},"document":{"file_name":"secret"}},"quote":{"text":"secret"},)",
             R"("pinned_message":)" + theirs + ",",
             R"("entities":[{"type":"bold"},{"type":"text_mention","user":)" + ada + "}],",
             R"("caption_entities":[{"type":"text_mention","user":)" + ada + "}],",
             R"("forward_from":)" + ada + ",",
             R"("contact":{"phone_number":"secret","first_name":"Ada","user_id":7},)",
             R"("giveaway_winners":{"winners":[)" + ada + "]},",
             R"("giveaway_completed":{"giveaway_message":{"message_id":3,"giveaway_winners":)"
             R"({"winners":[)" +
                 ada + "]}}},",
             R"("proximity_alert_triggered":{"traveler":)" + ada + R"(,"watcher":{"id":8}},)",
             R"("proximity_alert_triggered":{"traveler":{"id":8},"watcher":)" + ada + "},",
             R"("users_shared":{"request_id":1,"users":[{"user_id":7,"first_name":"Ada"}]},)",
             R"("video_chat_participants_invited":{"users":[)" + ada + "]},",
             R"("reply_to_message":{"message_id":2,"from":{"id":8},"pinned_message":)" + theirs +
                 "},"}) {
        const auto message = R"({"message_id":6,"from":{"id":1},"text":"kept",)" + part + chat_part;
        for (const auto& body :
             {R"("message":)" + message + "}",
              R"("callback_query":{"id":"1","from":{"id":1},"message":)" + message + "}}"}) {
            const auto kept = recorded(body);
            EXPECT_NE(kept.find("kept"), std::string::npos) << body;
            EXPECT_EQ(kept.find("Ada"), std::string::npos) << kept;
            EXPECT_EQ(kept.find("secret"), std::string::npos) << kept;
        }
    }
    EXPECT_NE(recorded(R"("message":{"message_id":7,"from":{"id":1},"entities":[{"type":)"
                       R"("text_mention","user":{"id":8,"first_name":"Boris"}}],)" +
                       chat_part + "}")
                  .find("Boris"),
              std::string::npos);
}

// In the private chat of somebody who chose them for the bot.
TEST_F(OptOutFilterTest, PeopleWhoAreSharedWithTheBotAreLeftOut) {
    opt_out(store, 7, everywhere, 1'000);
    const auto shared = [&](const std::string& part) {
        return recorded(R"("message":{"message_id":6,"from":{"id":1,"first_name":"Eve"},)" + part +
                        R"(,"chat":{"id":1,"type":"private","first_name":"Eve"}})");
    };
    const std::string ada = R"({"user_id":7,"first_name":"Ada","username":"ada"})";
    const std::string boris = R"({"user_id":8,"first_name":"Boris"})";
    const auto two = shared(R"("users_shared":{"request_id":5,"user_ids":[7,8],"users":[)" + ada +
                            "," + boris + "]}");
    EXPECT_NE(two.find(R"("users_shared":{"request_id":5,"user_ids":[8],"users":[)" + boris + "]}"),
              std::string::npos)
        << two;
    const auto numbers = shared(R"("users_shared":{"request_id":5,"user_ids":[7]})");
    EXPECT_NE(numbers.find(R"("user_ids":[])"), std::string::npos) << numbers;
    const auto one = shared(R"("user_shared":{"request_id":5,"user_id":7})");
    EXPECT_NE(one.find(R"("user_shared":{})"), std::string::npos) << one;
    const auto other = shared(R"("user_shared":{"request_id":5,"user_id":8})");
    EXPECT_NE(other.find(R"("user_id":8)"), std::string::npos) << other;
    const auto chat = shared(R"("chat_shared":{"request_id":5,"chat_id":-7,"title":"kept"})");
    EXPECT_NE(chat.find("kept"), std::string::npos) << "a group is no person";
}

TEST_F(OptOutFilterTest, WhatIsOlderDoesNotBringBackWhoIsForgotten) {
    ASSERT_TRUE(opt_in(store, 7, group));
    note_removal(store, 7, group, 1'000);
    const auto nested = [&](const std::string& date) {
        const std::string ada = R"({"id":7,"first_name":"Ada"})";
        const auto theirs = R"({"message_id":1,"date":)" + date + R"(,"from":)" + ada +
                            R"(,"text":"secret",)" + chat_part + "}";
        return std::vector<std::string>{
            R"("reply_to_message":)" + theirs, R"("pinned_message":)" + theirs,
            R"("forward_origin":{"type":"user","date":)" + date + R"(,"sender_user":)" + ada + "}",
            R"("forward_date":)" + date + R"(,"forward_from":)" + ada};
    };
    const auto of_other = [&](const std::string& part) {
        return recorded(R"("message":{"message_id":6,"date":2000,"from":{"id":8},"text":"kept",)" +
                        part + "," + chat_part + "}");
    };
    for (const auto& part : nested("1000")) {
        const auto kept = of_other(part);
        EXPECT_NE(kept.find("kept"), std::string::npos) << part;
        EXPECT_EQ(kept.find("Ada"), std::string::npos) << kept;
        EXPECT_EQ(kept.find("secret"), std::string::npos) << kept;
    }
    for (const auto& part : nested("1001"))
        EXPECT_NE(of_other(part).find("Ada"), std::string::npos) << part;
    const auto edit = [&](const std::string& date) {
        return recorded(R"("edited_message":{"message_id":1,"edit_date":3000,"date":)" + date +
                        R"(,"from":{"id":7},"text":"secret",)" + chat_part + "}");
    };
    EXPECT_EQ(edit("1000"), "");
    EXPECT_NE(edit("1001"), "");
}

TEST_F(OptOutFilterTest, MovesAndChangesOfOthersAreRecordedWithoutWhoMadeThem) {
    const std::string actor = R"("from":{"id":7,"first_name":"Ada"},)";
    for (const auto& body :
         {R"("my_chat_member":{)" + actor + R"("new_chat_member":{"user":{"id":99}},)",
          R"("chat_member":{)" + actor + R"("new_chat_member":{"user":{"id":99}},)",
          R"("message":{"message_id":1,)" + actor + R"("migrate_to_chat_id":99,)",
          R"("message":{"message_id":1,)" + actor + R"("migrate_from_chat_id":99,)"}) {
        const auto kept = recorded(body + chat_part + "}");
        EXPECT_NE(kept.find("99"), std::string::npos) << body;
        EXPECT_EQ(kept.find("Ada"), std::string::npos) << kept;
    }
    opt_out(store, 7, everywhere, 1'000);
    const auto blocked = recorded(R"("my_chat_member":{)" + actor +
                                  R"("new_chat_member":{"user":{"id":99},"status":"kicked"},)"
                                  R"("chat":{"id":7,"type":"private","first_name":"Ada"}})");
    EXPECT_NE(blocked.find("kicked"), std::string::npos);
    EXPECT_EQ(blocked.find("Ada"), std::string::npos) << "the chat is named after them";
}

TEST_F(OptOutFilterTest, WhatIsOfTheGroupIsRecordedWithoutWhoDidIt) {
    const std::string ada = R"("from":{"id":7,"first_name":"Ada"},)";
    for (const std::string& part : std::vector<std::string>{
             R"("new_chat_title":"kept",)", R"("new_chat_photo":[{"file_id":"kept"}],)",
             R"("delete_chat_photo":true,"_":"kept",)",
             R"("pinned_message":{"message_id":3,"from":{"id":8},"text":"kept",)" + chat_part +
                 "},",
             R"("forum_topic_created":{"name":"kept"},)"}) {
        const auto kept = recorded(R"("message":{"message_id":1,)" + ada + part + chat_part + "}");
        EXPECT_NE(kept.find("kept"), std::string::npos) << part;
        EXPECT_EQ(kept.find("Ada"), std::string::npos) << kept;
        EXPECT_EQ(kept.find("\"id\":7"), std::string::npos) << kept;
    }
}

TEST_F(OptOutFilterTest, WhatIsOfTheGroupMayHoldWhatIsTheirs) {
    const std::string ada = R"("from":{"id":7,"first_name":"Ada"},)";
    const auto theirs =
        recorded(R"("message":{"message_id":1,)" + ada + R"("pinned_message":{"message_id":3,)" +
                 ada + R"("text":"secret",)" + chat_part + "}," + chat_part + "}");
    EXPECT_NE(theirs.find("pinned_message"), std::string::npos);
    EXPECT_EQ(theirs.find("secret"), std::string::npos) << "what was pinned is theirs";
    EXPECT_EQ(recorded(R"("message":{"message_id":1,)" + ada +
                       R"("new_chat_members":[{"id":7,"first_name":"Ada"}],)" + chat_part + "}"),
              "")
        << "who comes is not of the group";
    opt_out(store, 7, everywhere, 1'000);
    EXPECT_EQ(recorded(R"("message":{"message_id":1,)" + ada +
                       R"("pinned_message":{"message_id":3,"text":"x"},)"
                       R"("chat":{"id":7,"type":"private","first_name":"Ada"}})"),
              "")
        << "a private chat is its person's";
}

TEST_F(OptOutFilterTest, UpdatesOfAGroupThatHasMovedFindTheOptOutWhereItIs) {
    store.migrate_chat(group, -1002);
    EXPECT_EQ(
        recorded(R"("message":{"message_id":1,"from":{"id":7},"text":"x",)" + chat_part + "}"), "");
}

TEST_F(OptOutFilterTest, OtherPeopleAndOtherGroupsAreRecordedWhole) {
    EXPECT_NE(
        recorded(R"("message":{"message_id":1,"from":{"id":8},"text":"x",)" + chat_part + "}"), "");
    EXPECT_NE(recorded(R"("message":{"message_id":1,"from":{"id":7},"text":"x",)"
                       R"("chat":{"id":-5,"type":"group"}})"),
              "");
}

TEST_F(OptOutFilterTest, TheBotsOwnAnswersDoNotNameThem) {
    std::vector<std::string> kept;
    const auto own = [&](const std::string& message) {
        record_own_with_consent(
            store, json::parse(message).as_object(),
            [&](Store&, const json::object& whole) { kept.push_back(json::serialize(whole)); });
    };
    own(R"({"message_id":9,"text":"your score","reply_to_message":{"message_id":8,)"
        R"("text":"/myscore","from":{"id":7,"first_name":"Ada"}},)" +
        chat_part + "}");
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].find("Ada"), std::string::npos);
    EXPECT_NE(kept[0].find("your score"), std::string::npos);
    store.put_user({7, "Ada", "", "", false});
    opt_out(store, 7, everywhere, 1'000);
    own(R"({"message_id":9,"text":"x","chat":{"id":7,"type":"private","first_name":"Ada"}})");
    EXPECT_EQ(kept.size(), 1U) << "a private chat is named after its person";
}

TEST_F(OptOutFilterTest, WhatTheBotSaysDoesNotBringBackWhoIsForgotten) {
    ASSERT_TRUE(opt_in(store, 7, everywhere));
    store.put_user({8, "Boris", "", "", false});
    int kept = 0;
    const auto own = [&] {
        const auto message = json::parse(
            R"({"message_id":9,"text":"x","chat":{"id":8,"type":"private","first_name":"Boris"}})");
        record_own_with_consent(store, message.as_object(),
                                [&](Store&, const json::object&) { ++kept; });
    };
    own();
    EXPECT_EQ(kept, 1);
    note_removal(store, 8, everywhere, 1'000);
    own();
    EXPECT_EQ(kept, 1) << "their removal is noted";
    while (const auto erasure = next_erasure(store)) {
        ErasureRun run;
        for (run.erasure = *erasure; !run.done;) erase_step(store, run);
    }
    EXPECT_FALSE(store.user(8));
    own();
    EXPECT_EQ(kept, 1) << "they are not known any more";
}

}  // namespace
}  // namespace tgstats
