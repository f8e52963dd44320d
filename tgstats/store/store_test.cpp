#include "tgstats/store/store.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

TEST_F(StoreTest, HoursFollowDaylightSaving) {
    ChatSettings settings;
    settings.timezone = "Europe/Berlin";
    ASSERT_TRUE(store->set_settings(chat, settings));
    put(1, 1, 1'774'746'000);  // 2026-03-29 01:00 UTC: the clocks have just gone from 2 to 3
    put(2, 1, 1'774'745'999);  // one second before: still 1:59
    put(3, 1, 1'792'889'940);  // 2026-10-25 00:59 UTC: 2:59 in summer
    put(4, 1, 1'792'890'060);  // 2026-10-25 01:01 UTC: 2:01 again
    const auto hours = ask("activity", R"({"chat_id":-1001,"by":"hour"})").at("counts").as_array();
    EXPECT_EQ(hours[1], 1);
    EXPECT_EQ(hours[2], 2);
    EXPECT_EQ(hours[3], 1);
    settings.timezone = "Asia/Kolkata";  // half an hour off: counted anew
    ASSERT_TRUE(store->set_settings(chat, settings));
    const auto india = ask("activity", R"({"chat_id":-1001,"by":"hour"})").at("counts").as_array();
    EXPECT_EQ(india[6], 4);  // 06:30, 06:29, 06:29, 06:31
    settings.timezone = "Mars/Olympus";
    EXPECT_EQ(store->set_settings(chat, settings).error(),
              "'Mars/Olympus' is no time zone; expected a name such as Europe/Berlin or UTC");
}

TEST_F(StoreTest, EditsReplaceWhatWasCounted) {
    put(1, 5, 1'000'000, "short");
    MessageRow edited{
        .chat_id = chat, .message_id = 1, .user_id = 5, .date = 1'000'000, .edit_date = 1'000'050};
    edited.text = "much longer";
    edited.length = 11;
    edited.url_count = 1;
    for (int i = 0; i < 2; ++i) store->put_message(edited);
    const auto user = ask("users", R"({"chat_id":-1001})").at("users").as_array().at(0).as_object();
    EXPECT_EQ(user.at("messages"), 1);
    EXPECT_EQ(user.at("active_days"), 1);
    EXPECT_EQ(user.at("characters"), 11);
    EXPECT_EQ(user.at("urls"), 1);
    EXPECT_EQ(json::serialize(ask("texts", R"({"chat_id":-1001})")),
              R"({"texts":["much longer"],"next":null})");
}

TEST_F(StoreTest, ReactionsComeAndGoAndMayComeEarly) {
    const ReactionRow thumb{chat, 1, 8, "👍", 1, 1'000'100};
    store->put_reactions(chat, 1, 8, {thumb});
    put(1, 5, 1'000'000);
    put(2, 8, 1'000'001);
    const auto given = [&](std::int64_t id, const char* field) {
        const auto answer = ask("users", R"({"chat_id":-1001})");
        for (const auto& row : answer.at("users").as_array())
            if (row.at("user").at("id").as_int64() == id) return row.at(field).as_int64();
        return std::int64_t{-1};
    };
    EXPECT_EQ(given(5, "reactions_received"), 1);
    EXPECT_EQ(given(8, "reactions_given"), 1);
    store->put_reactions(chat, 1, 8, {});
    EXPECT_EQ(given(5, "reactions_received"), 0);
    EXPECT_EQ(given(8, "reactions_given"), 0);
    store->put_reactions(chat, 1, 5, {{chat, 1, 5, "👍", 1, 1'000'100}});  // to oneself
    EXPECT_EQ(given(5, "reactions_given"), 0);
    EXPECT_EQ(given(5, "reactions_received"), 0);
}

TEST_F(StoreTest, GroupBecomesSupergroup) {
    store->put_chat({-7, "group", "Old", "", false});
    store->put_message(
        {.chat_id = -7, .message_id = 4, .user_id = 1, .date = 1'000'000, .text = "old"});
    put(4, 1, 2'000'000, "new");
    store->migrate_chat(-7, chat);
    store->migrate_chat(-7, chat);
    EXPECT_EQ(ask("users", R"({"chat_id":-1001})").at("total_messages"), 2);
    EXPECT_EQ(ask("users", R"({"chat_id":-7})").at("total_messages"), 2);  // where it is now
    EXPECT_EQ(store->message(chat, 4 - 1'000'000'000)->text, "old");
}

TEST_F(StoreTest, NewerFormatIsRefused) {
    store->database().execute("PRAGMA user_version=99");
    store.reset();
    const auto again = Store::open(dir);
    ASSERT_TRUE(again.has_error());
    EXPECT_NE(again.error().find("newer tgstats (format 99"), std::string::npos);
}

}  // namespace
}  // namespace tgstats
