#include "tgstats/record/import_export.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "tgstats/record/record_fixture.h"
#include "tgstats/store/chat_policy.h"
#include "tgstats/store/privacy.h"
#include "tgstats/store/retention.h"

namespace tgstats {
namespace {

using ImportTest = RecordTest;

const std::string rows = R"json(
 {"id":1,"type":"service","date":"2026-11-15T10:00:00","date_unixtime":"1794733200","actor":"Ann",
  "actor_id":"user1",
  "action":"join_group_by_link","inviter":"Group","text":""},
 {"id":2,"type":"message","date":"2026-11-15T11:00:00","date_unixtime":"1794736800","from":"Ann",
  "from_id":"user1",
  "text":["see ",{"type":"link","text":"http://a.b"}," \ud83d\ude00"],
  "edited":"2026-11-15T12:00:00",
  "text_entities":[{"type":"plain","text":"see "},{"type":"link",
  "text":"http://a.b"},{"type":"plain","text":" "}],
  "reactions":[{"type":"emoji","count":3,"emoji":"❤","recent":[{"from":"Bob","from_id":"user2",
  "date":"2026-11-15T11:30:00"}]}]},
 {"id":3,"type":"message","date":"2026-11-15T11:10:00","date_unixtime":"1794737400","from":null,
  "from_id":"user2",
  "reply_to_message_id":2,"photo":"(File not included.)","text":"","via_bot":"@pic",
  "forwarded_from":"News"},
 {"id":4,"type":"message","date":"2026-11-15T11:20:00","from":"Chan","from_id":"channel55",
  "media_type":"voice_message",
  "file":"x.ogg","text":"listen"},
 {"id":5,"type":"unsupported"})json";

std::string one_chat(const std::string& messages) {
    return R"({"name":"My group","type":"private_supergroup","id":1,"messages":[)" + messages +
           "]}";
}

TEST_F(ImportTest, ImportsTheShapesOfAnExport) {
    const auto path = file(one_chat(rows));
    const auto summary = import(path);
    EXPECT_EQ(summary.chats, 1);
    EXPECT_EQ(summary.messages, 3);
    EXPECT_EQ(summary.service_rows, 1);
    EXPECT_EQ(summary.skipped, 1);
    EXPECT_EQ(summary.last_chat_id, -1'000'000'000'001);
    const auto id = summary.last_chat_id;
    const auto text = store->message(id, 2).value();
    EXPECT_EQ(text.text, "see http://a.b 😀");
    EXPECT_EQ(text.url_count, 1);
    EXPECT_EQ(text.emoji_count, 1);
    const auto photo = store->message(id, 3).value();
    EXPECT_EQ(photo.media_type, "photo");
    EXPECT_EQ(photo.reply_to_user_id, 1);
    EXPECT_EQ(photo.via_bot, "@pic");
    EXPECT_EQ(photo.forwarded_from, "News");
    const auto voice = store->message(id, 4).value();
    EXPECT_EQ(voice.media_type, "voice");
    EXPECT_EQ(voice.user_id, -1'000'000'000'055);
    const auto users = ask("users", R"({"chat_id":-1000000000001})");
    EXPECT_EQ(users.at("total_messages"), 3);
    auto reaction = store->database().prepare("SELECT date, count FROM reactions WHERE user_id=?1");
    reaction.bind(2);
    ASSERT_TRUE(reaction.step());
    EXPECT_EQ(reaction.integer(0),
              1'794'738'600);  // half an hour after the message: the exporter's zone taken off
    reaction.reset();
    reaction.bind(0);
    ASSERT_TRUE(reaction.step());
    EXPECT_EQ(reaction.integer(1), 2);

    const auto before = rollup_text();
    EXPECT_EQ(import(path).messages, 3);
    EXPECT_EQ(rollup_text(), before);
    EXPECT_EQ(count("messages"), 3);
}

TEST_F(ImportTest, ImportsAnAccountAndKeepsLiveNames) {
    store->put_user({1, "Ann", "Live", "ann", false});
    const std::string m = R"({"id":1,"type":"message","date":"2026-01-01T00:00:00","from":"Ann",)"
                          R"("from_id":"user1","text":"a"})";
    const auto path = file(
        R"({"about":"x","chats":{"about":"y","list":[{"name":"G","type":"private_group","id":7,)"
        R"("messages":[)" +
        m + R"(]},{"name":null,"type":"personal_chat","id":9,"messages":[)" + m + "," +
        R"({"id":2,"type":"message","date":"2026-01-01T00:00:01","from":"B","from_id":9,)"
        R"("text":"b"})" +
        R"(]},{"type":"saved_messages","id":1,"messages":[]}]}})");
    const auto summary = import(path);
    EXPECT_EQ(summary.chats, 3);
    EXPECT_EQ(summary.messages, 3);
    EXPECT_EQ(store->chat(-7)->type, "group");
    EXPECT_EQ(store->chat(9)->type, "private");
    EXPECT_EQ(store->message(9, 2)->user_id, 9);
    EXPECT_EQ(store->user(1)->last_name, "Live");
}

TEST_F(ImportTest, TopicsOfAForum) {
    const auto path = file(one_chat(
        R"({"id":10,"type":"service","date":"2026-01-01T00:00:00","actor":"A",)"
        R"("actor_id":"user1","action":"topic_created","title":"T","text":""},)"
        R"({"id":11,"type":"message","date":"2026-01-01T00:00:01","from":"A","from_id":"user1",)"
        R"("reply_to_message_id":10,"text":"a"},)"
        R"({"id":12,"type":"message","date":"2026-01-01T00:00:02","from":"B","from_id":"user2",)"
        R"("reply_to_message_id":11,"text":"b"})"));
    const auto id = import(path).last_chat_id;
    EXPECT_TRUE(store->chat(id)->is_forum);
    EXPECT_EQ(store->message(id, 11)->thread_id, 10);
    EXPECT_EQ(store->message(id, 11)->reply_to_message_id, 0);
    EXPECT_EQ(store->message(id, 12)->thread_id, 10);
    EXPECT_EQ(store->message(id, 12)->reply_to_user_id, 1);
}

TEST_F(ImportTest, ShiftsTheNewestMessageToNow) {
    const auto path = file(one_chat(rows));
    const auto summary = import(path, true, 1'900'000'000);
    EXPECT_EQ(summary.last, 1'900'000'000);
    EXPECT_EQ(store->message(summary.last_chat_id, 2)->date,
              1'900'000'000 - (1'794'741'600 - 1'794'736'800));
}

TEST_F(ImportTest, WhatIsNoExportIsRefusedAsAWhole) {
    const auto path = file("{}");
    const std::string expected = path.string() +
                                 ": not a Telegram Desktop export: expected an object with "
                                 "'messages' (a chat) or 'chats.list'"
                                 " (an account); export as 'Machine-readable JSON'";
    EXPECT_EQ(refusal(path), expected);
    EXPECT_EQ(refusal(file("[1,2]")), expected);
    EXPECT_EQ(refusal(file(R"({"type":"private_group","id":3})")), expected);
    EXPECT_NE(refusal(file("")).find("the file is empty"), std::string::npos);
    EXPECT_NE(refusal(file("\xff\xfe{}")).find("not valid UTF-8"), std::string::npos);
    EXPECT_NE(refusal(dir).find("is a folder"), std::string::npos);
    EXPECT_NE(refusal(dir / "none.json").find("cannot be read: No such file or directory"),
              std::string::npos);
    const auto whole = one_chat(rows);
    for (const std::size_t at : {whole.size() - 1, whole.size() / 2, whole.size() / 3}) {
        const auto text = refusal(file(whole.substr(0, at)));
        EXPECT_NE(text.find("invalid JSON at byte " + std::to_string(at)), std::string::npos)
            << text;
        EXPECT_NE(text.find("the file ends too early"), std::string::npos) << text;
    }
    auto broken = whole;
    broken.replace(broken.find("\"id\":4"), 6, "\"id\":}");
    EXPECT_NE(refusal(file(broken)).find("invalid JSON at byte "), std::string::npos);
    // Broken before what is asked for first; an id that is none.
    broken = R"({"chats":{"list":[{"type":"saved_messages","id":5,"T","d":1}]}})";
    EXPECT_NE(refusal(file(broken)).find("invalid JSON at byte "), std::string::npos);
    broken = R"({"type":"private_group","id":-9223372036854775808,"messages":[]})";
    EXPECT_NE(refusal(file(broken)).find("it has no 'id'"), std::string::npos);
    EXPECT_EQ(count("messages"), 0);
    EXPECT_EQ(count("chats"), 0);
}

TEST_F(ImportTest, WhatWasDeletedStaysAway) {
    const auto path = file(one_chat(rows));
    const auto id = import(path).last_chat_id;
    store->delete_messages(id, {1, 2}, 1'900'000'000);
    EXPECT_EQ(import(path).messages, 2);
    EXPECT_FALSE(store->message(id, 2));
    EXPECT_EQ(count("reactions"), 0);
    store->migrate_chat(id, -1002);
    import(path);
    EXPECT_FALSE(store->message(id, 2)) << "the group has moved, and its deletions with it";
}

TEST_F(ImportTest, WhoOptedOutComesBackAsNobody) {
    opt_out(*store, 1, everywhere, 1'000);
    const auto id = import(file(one_chat(rows))).last_chat_id;
    EXPECT_FALSE(store->user(1));
    const auto theirs = store->message(id, 2).value();
    EXPECT_EQ(theirs.user_id, 0);
    EXPECT_EQ(theirs.text, "");
    EXPECT_GT(theirs.length, 0) << "a message, but nobody's";
    EXPECT_EQ(store->message(id, 3)->reply_to_user_id, 0);
    EXPECT_EQ(count("service_rows WHERE actor_id=0"), 1);
    EXPECT_EQ(count("memberships") + count("rollups WHERE user_id=1"), 0);
    EXPECT_EQ(count("reactions WHERE author_id<>0"), 0);
    EXPECT_EQ(count("reactions WHERE user_id=2"), 1) << "others are counted";
    opt_out(*store, 2, id, 1'000);
    import(file(one_chat(rows)));
    EXPECT_EQ(count("reactions WHERE user_id=2"), 0);
    EXPECT_EQ(store->message(id, 3)->via_bot + store->message(id, 3)->forwarded_from, "");
    EXPECT_EQ(store->message(id, 4)->text, "listen") << "a channel is no person";
}

TEST_F(ImportTest, WhatWasForgottenStaysAway) {
    const auto path = file(one_chat(rows));
    const auto id = import(path).last_chat_id;
    const auto at = store->message(id, 2)->date + 365 * 86'400;  // after all of it
    note_removal(*store, 1, id, at);
    while (const auto erasure = next_erasure(*store)) {
        ErasureRun run;
        for (run.erasure = *erasure; !run.done;) erase_step(*store, run);
    }
    EXPECT_FALSE(store->message(id, 2));
    import(path);
    EXPECT_FALSE(store->message(id, 2));
    EXPECT_FALSE(store->user(1));
    EXPECT_EQ(store->message(id, 3)->reply_to_user_id, 0);
    EXPECT_EQ(count("messages WHERE user_id=1") + count("rollups WHERE user_id=1"), 0);
    EXPECT_EQ(count("service_rows WHERE actor_id=1") + count("memberships WHERE user_id=1"), 0);
    EXPECT_TRUE(store->message(id, 3)) << "others' messages come again";
    store->migrate_chat(id, -1002);
    import(path);
    EXPECT_EQ(count("messages WHERE user_id=1"), 0) << "the mark moves with the group";
}

TEST_F(ImportTest, WhatRetentionDeletedIsNotCountedTwice) {
    const auto path = file(one_chat(rows));
    const auto id = import(path).last_chat_id;
    const auto before = rollup_text();
    set_metadata_days(*store, id, 1);
    RetentionRun run{.chat_id = id, .before = store->message(id, 4)->date};
    while (!run.done) delete_metadata(*store, run);
    EXPECT_FALSE(store->message(id, 2));
    EXPECT_EQ(rollup_text(), before);
    import(path);
    EXPECT_EQ(rollup_text(), before);
    EXPECT_FALSE(store->message(id, 2));
    EXPECT_TRUE(store->message(id, 4)) << "what is newer";
}

TEST_F(ImportTest, WhatIsNewerThanAForgettingIsImported) {
    const auto path = file(one_chat(rows));
    const auto id = import(path).last_chat_id;
    note_removal(*store, 1, everywhere, store->message(id, 2)->date - 1);
    import(path);
    EXPECT_EQ(store->message(id, 2)->user_id, 1);
    EXPECT_TRUE(store->user(1));
}

TEST_F(ImportTest, TheNameOfWhoOptedOutComesNotBackAsAChats) {
    opt_out(*store, 9, everywhere, 1'000);
    import(file(R"({"name":"Ada","type":"personal_chat","id":9,"messages":[]})"));
    EXPECT_EQ(store->chat(9)->title, "");
}

TEST_F(ImportTest, TextsOlderThanTheChatKeepsThemAreLeftOut) {
    const auto path = file(one_chat(rows));
    const auto id = import(path).last_chat_id;
    set_text_days(*store, id, 30);
    const auto kept_since = store->message(id, 4)->date;
    import(path, false, kept_since + 30 * 86'400);
    EXPECT_EQ(store->message(id, 2)->text, "");
    EXPECT_GT(store->message(id, 2)->length, 0);
    EXPECT_EQ(store->message(id, 4)->text, "listen");
}

// Such numbers would overflow in sums and differences.
TEST_F(ImportTest, ImpossibleNumbersAreNone) {
    const auto summary = import(file(one_chat(R"(
        {"id":1,"type":"message","date":"2026-11-15T10:00:00","from_id":"chat-9223372036854775808",
         "date_unixtime":"-9223372036854775808","edited_unixtime":"9223372036854775807","text":"a",
         "reply_to_message_id":9223372036854775807,
         "reactions":[{"type":"emoji","emoji":"x","count":-9223372036854775808,
                       "recent":[{"from_id":"channel9223372036854775807","date":""}]},
                      {"type":"emoji","emoji":"y","count":9223372036854775807}]},
        {"id":-9223372036854775808,"type":"message","date":"2026-11-15T10:00:00","text":"b"})")),
                                true, 1'900'000'000);
    EXPECT_EQ(summary.messages, 1);
    EXPECT_EQ(summary.skipped, 1);
    EXPECT_EQ(summary.last, 1'900'000'000);
}

// The real conversation, where it is at hand (TGSTATS_TEST_EXPORT names it).
TEST_F(ImportTest, RealConversation) {
    const auto* named = std::getenv("TGSTATS_TEST_EXPORT");
    const std::filesystem::path path =
        named != nullptr ? named : SOURCE_DIR "/../shared/data/ubuntu-chat/result-10k.json";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
    std::uint64_t seen = 0;
    auto result =
        import_export(*store, path, {.progress = [&](std::uint64_t done, std::uint64_t total) {
            EXPECT_GE(done, seen);
            EXPECT_LE(done, total);
            seen = done;
        }});
    ASSERT_TRUE(result.has_value()) << result.error();
    EXPECT_EQ(seen, std::filesystem::file_size(path));
    const auto users = ask("users", R"({"chat_id":)" + std::to_string(result->last_chat_id) + "}");
    EXPECT_EQ(users.at("total_messages").as_int64(), result->messages);
    const auto before = rollup_text();
    ASSERT_TRUE(import_export(*store, path, {}));
    EXPECT_EQ(rollup_text(), before);
}

}  // namespace
}  // namespace tgstats
