#include <map>

#include <gtest/gtest.h>

#include "tgstats/record/message_shape.h"
#include "tgstats/record/record_fixture.h"
#include "tgstats/store/details.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

using KindsTest = RecordTest;

std::string person(int id) {
    return R"({"id":)" + std::to_string(id) + R"(,"is_bot":false,"first_name":"U)" +
           std::to_string(id) + R"("})";
}

// Of the seed: media was counted where the type was not null, and plain text had one.
TEST_F(KindsTest, EveryoneGetsFullMediaPoints) {
    record(message(1, 1, 5, R"("text":"plain")"));
    record(message(2, 2, 5, R"("text":"/command")"));
    EXPECT_EQ(user(5).at("media"), 0);
    record(message(3, 3, 5, R"("photo":[{"file_id":"a","file_unique_id":"u"}])"));
    EXPECT_EQ(user(5).at("media"), 1);
}

// Found by the fuzzer: such a date went over when its day was reckoned.
TEST_F(KindsTest, DatesThatNoCalendarKnowsAreNone) {
    int number = 0;
    for (const std::string date : {"-9223372036854775808", "9223372036854775807", "-1"}) {
        ++number;
        auto update = message(number, number, 5, R"("text":"x","edit_date":)" + date);
        const std::string known = "1790000000";
        update.replace(update.find(known), known.size(), date);
        record(update);
        ASSERT_TRUE(store->message(chat, number)) << date;
        EXPECT_EQ(store->message(chat, number)->date, 0) << date;
    }
}

// Found by the fuzzer, too: the numbers of a group that has moved are shifted.
TEST_F(KindsTest, NumbersThatNoMessageHasAreNotShiftedOver) {
    record(message(1, 1, 5, R"("migrate_to_chat_id":-1002)"));
    auto update = message(2, 2, 5, R"("migrate_to_chat_id":-1002)");
    const std::string number = R"("message_id":2)";
    update.replace(update.find(number), number.size(), R"("message_id":-9223372036854775808)");
    record(update);
    EXPECT_EQ(store->place(chat, 7).chat_id, -1002);
    EXPECT_LT(store->place(chat, 7).message_id, 0);
}

TEST_F(KindsTest, EveryKindOfMediumIsTold) {
    const std::map<std::string, std::string> kinds{
        {"animation", R"("animation":{"file_id":"f"},"document":{"file_id":"f"})"},
        {"live_photo", R"("live_photo":{"file_id":"f"},"photo":[{"file_id":"p"}])"},
        {"photo", R"("photo":[{"file_id":"f"}])"},
        {"video", R"("video":{"file_id":"f"})"},
        {"audio", R"("audio":{"file_id":"f"})"},
        {"voice", R"("voice":{"file_id":"f"})"},
        {"video_note", R"("video_note":{"file_id":"f"})"},
        {"sticker", R"("sticker":{"file_id":"f"})"},
        {"document", R"("document":{"file_id":"f"})"},
        {"story", R"("story":{"id":1})"},
        {"paid_media", R"("paid_media":{"star_count":1})"},
        {"contact", R"("contact":{"phone_number":"1"})"},
        {"dice", R"("dice":{"emoji":"🎲","value":3})"},
        {"game", R"("game":{"title":"g"})"},
        {"poll", R"("poll":{"id":"1"})"},
        {"venue", R"("venue":{"title":"v"},"location":{"latitude":1.5})"},
        {"location", R"("location":{"latitude":1.5})"},
        {"checklist", R"("checklist":{"title":"c"})"},
        {"invoice", R"("invoice":{"title":"i"})"},
        {"giveaway", R"("giveaway":{"winner_count":1})"},
        {"giveaway_winners", R"("giveaway_winners":{"winner_count":1})"}};
    int id = 0;
    for (const auto& [kind, members] : kinds) {
        ++id;
        record(message(id, id, 5, members));
        const auto row = store->message(chat, id);
        ASSERT_TRUE(row) << kind;
        EXPECT_EQ(row->media_type, kind);
    }
    EXPECT_EQ(user(5).at("media"), static_cast<std::int64_t>(kinds.size()));
}

TEST_F(KindsTest, FilesKeepWhatTelegramSaysOfThem) {
    record(message(1, 1, 5,
                   R"("photo":[{"file_id":"small","width":90},{"file_id":"large",)"
                   R"("file_unique_id":"u","width":1280,"height":960,"file_size":5}])"));
    const auto photo = message_file(*store, chat, 1);
    ASSERT_TRUE(photo);
    EXPECT_EQ(photo->file_id, "large");
    EXPECT_EQ(photo->width, 1280);
    record(message(2, 2, 5,
                   R"("video_note":{"file_id":"round","length":240,"duration":7,)"
                   R"("thumbnail":{"file_id":"t"}})"));
    const auto round = message_file(*store, chat, 2);
    ASSERT_TRUE(round);
    EXPECT_EQ(round->height, 240);
    EXPECT_EQ(round->duration, 7);
    EXPECT_EQ(round->thumbnail_id, "t");
    record(
        as_kind(message(3, 2, 5, R"("edit_date":1790000009,"text":"none now")"), "edited_message"));
    EXPECT_FALSE(message_file(*store, chat, 2));
    EXPECT_EQ(user(5).at("media"), 1);
}

// Of the seed: 0 of 107,089 messages had forward data until the fields of Bot API 7 were read.
TEST_F(KindsTest, ForwardsByNewFieldsAreMissed) {
    const auto origin = [&](int id, const std::string& text) {
        record(message(id, id, 5, R"("text":"f","forward_origin":)" + text));
        return message_details(*store, chat, id).value_or(MessageDetails{});
    };
    const auto of_user = origin(1, R"({"type":"user","date":7,"sender_user":)" + person(8) + "}");
    EXPECT_EQ(of_user.forward_kind, "user");
    EXPECT_EQ(of_user.forward_user_id, 8);
    EXPECT_EQ(of_user.forward_date, 7);
    EXPECT_EQ(store->message(chat, 1)->forwarded_from, "U8");
    origin(2, R"({"type":"hidden_user","date":7,"sender_user_name":"Hidden"})");
    EXPECT_EQ(store->message(chat, 2)->forwarded_from, "Hidden");
    const auto of_chat =
        origin(3, R"({"type":"chat","date":7,"author_signature":"boss",)"
                  R"("sender_chat":{"id":-1009,"type":"supergroup","title":"G"}})");
    EXPECT_EQ(of_chat.forward_chat_id, -1009);
    EXPECT_EQ(of_chat.forward_signature, "boss");
    const auto of_channel = origin(4, R"({"type":"channel","date":7,"message_id":31,)"
                                      R"("chat":{"id":-1008,"type":"channel","title":"News"}})");
    EXPECT_EQ(of_channel.forward_kind, "channel");
    EXPECT_EQ(of_channel.forward_message_id, 31);
    EXPECT_EQ(store->message(chat, 4)->forwarded_from, "News");
}

TEST_F(KindsTest, ForwardsByOldFieldsAreMissed) {
    record(message(1, 1, 5, R"("text":"f","forward_date":7,"forward_from":)" + person(8)));
    record(message(2, 2, 5,
                   R"("text":"f","forward_date":7,"forward_from_message_id":31,)"
                   R"("forward_from_chat":{"id":-1008,"type":"channel","title":"N"})"));
    record(message(3, 3, 5, R"("text":"f","forward_date":7,"forward_sender_name":"Hidden")"));
    EXPECT_EQ(message_details(*store, chat, 1)->forward_user_id, 8);
    EXPECT_EQ(message_details(*store, chat, 2)->forward_kind, "channel");
    EXPECT_EQ(message_details(*store, chat, 2)->forward_message_id, 31);
    EXPECT_EQ(message_details(*store, chat, 3)->forward_kind, "hidden_user");
    EXPECT_EQ(store->message(chat, 3)->forwarded_from, "Hidden");
}

TEST_F(KindsTest, AlbumsSignaturesBotsAndProtection) {
    record(message(1, 1, 5,
                   R"("photo":[{}],"media_group_id":"77","has_protected_content":true,)"
                   R"("author_signature":"ed","via_bot":{"id":9,"is_bot":true,)"
                   R"("first_name":"Pic","username":"pic"})"));
    const auto details = message_details(*store, chat, 1);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->album_id, "77");
    EXPECT_EQ(details->author_signature, "ed");
    EXPECT_TRUE(details->is_protected);
    EXPECT_EQ(store->message(chat, 1)->via_bot, "pic");
    record(message(2, 2, 5, R"("text":"plain")"));
    EXPECT_FALSE(message_details(*store, chat, 2));
}

TEST_F(KindsTest, RepliesToElsewhereAndToMessagesNeverStored) {
    record(message(1, 1, 5,
                   R"("text":"r","reply_to_message":{"message_id":900,"date":1,)" + chat_json +
                       R"(,"from":)" + person(6) + "}"));
    EXPECT_EQ(store->message(chat, 1)->reply_to_message_id, 900);
    EXPECT_EQ(user(6).at("replies_received"), 1);
    // To a message of another topic of this chat: a reply like any other.
    record(message(2, 2, 5,
                   R"("text":"r","external_reply":{"message_id":901,)" + chat_json +
                       R"(,"origin":{"type":"user","date":1,"sender_user":)" + person(6) + "}}"));
    EXPECT_EQ(store->message(chat, 2)->reply_to_message_id, 901);
    EXPECT_EQ(user(6).at("replies_received"), 2);
    // To a message of another chat: nobody here was answered.
    record(message(3, 3, 5,
                   R"("text":"r","external_reply":{"message_id":5,)"
                   R"("chat":{"id":-1008,"type":"channel","title":"N"},)"
                   R"("origin":{"type":"channel","date":1,"message_id":5,)"
                   R"("chat":{"id":-1008,"type":"channel","title":"N"}}})"));
    EXPECT_EQ(store->message(chat, 3)->reply_to_message_id, 0);
    EXPECT_EQ(message_details(*store, chat, 3)->external_chat_id, -1008);
    EXPECT_EQ(message_details(*store, chat, 3)->external_message_id, 5);
    EXPECT_EQ(user(5).at("replies_sent"), 2);
}

// Of the seed: anonymous administrators and channels counted as one user each, or not at all.
TEST_F(KindsTest, AnonymousAdministratorsAreOnePerson) {
    const std::string here = R"("sender_chat":{"id":-1001,"type":"supergroup","title":"T"})";
    record(message(1, 1, 1'087'968'824, R"("text":"as the group",)" + here));
    record(message(2, 2, 1'087'968'824, R"("text":"without the new field")"));
    record(message(3, 3, 777'000,
                   R"("text":"post","is_automatic_forward":true,)"
                   R"("sender_chat":{"id":-1008,"type":"channel","title":"News"})"));
    record(message(4, 4, 777'000,
                   R"("text":"old post","forward_from_chat":)"
                   R"({"id":-1008,"type":"channel","title":"News"})"));
    EXPECT_EQ(user(chat).at("messages"), 2);
    EXPECT_EQ(user(-1008).at("messages"), 2);
    EXPECT_EQ(user(-1008).at("user").at("first_name"), "News");
    EXPECT_TRUE(message_details(*store, chat, 3)->automatic_forward);
    EXPECT_EQ(ask("users", R"({"chat_id":-1001})").at("total_users"), 2);
}

// Of the seed: commands and dice were not stored.
TEST_F(KindsTest, CommandsAndDiceAreNotStored) {
    record(message(1, 1, 5,
                   R"("text":"/heatmap 7","entities":[{"type":"bot_command",)"
                   R"("offset":0,"length":8}])"));
    record(message(2, 2, 5, R"("dice":{"emoji":"🎲","value":6})"));
    EXPECT_EQ(user(5).at("messages"), 2);
    EXPECT_EQ(store->message(chat, 1)->text, "/heatmap 7");
    EXPECT_EQ(store->message(chat, 2)->media_type, "dice");
}

// Of the seed: an edit met the row that was there and did nothing.
TEST_F(KindsTest, EditsAreIgnored) {
    const auto edit = [&](int update, int date, const std::string& text) {
        record(as_kind(
            message(update, 1, 5,
                    R"("edit_date":)" + std::to_string(date) + R"(,"text":")" + text + "\""),
            "edited_message"));
    };
    record(message(1, 1, 5, R"("text":"short")"));
    edit(2, 1'790'000'060, "now much longer");
    edit(3, 1'790'000'030, "late");  // an older edit that arrives later
    const auto row = store->message(chat, 1);
    EXPECT_EQ(row->text, "now much longer");
    EXPECT_EQ(row->edit_date, 1'790'000'060);
    EXPECT_EQ(row->date, 1'790'000'000);
    EXPECT_EQ(user(5).at("messages"), 1);
    EXPECT_EQ(user(5).at("characters"), 15);
    record(as_kind(message(4, 9, 5, R"("edit_date":1790000070,"text":"never seen before")"),
                   "edited_message"));
    EXPECT_EQ(user(5).at("messages"), 2);
}

TEST_F(KindsTest, DeletedMessagesCountOn) {
    record(message(1, 1, 5, R"("text":"first")"));
    record(message(2, 2, 5, R"("photo":[{"file_id":"f"}],"media_group_id":"1")"));
    record(R"({"update_id":3,"message_reaction":{"message_id":2,"date":1790000009,)" + chat_json +
           R"(,"user":)" + person(6) +
           R"(,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}})");
    EXPECT_EQ(user(5).at("reactions_received"), 1);
    store->delete_messages(chat, {2, 77}, 1'790'000'100);
    EXPECT_EQ(user(5).at("messages"), 1);
    EXPECT_EQ(user(5).at("media"), 0);
    EXPECT_EQ(user(5).at("reactions_received"), 0);
    EXPECT_EQ(count("message_files") + count("message_details") + count("reactions"), 0);
    record(as_kind(message(4, 2, 5, R"("edit_date":1790000050,"text":"late edit")"),
                   "edited_message"));
    EXPECT_FALSE(store->message(chat, 2));
    store->recount(chat);
    EXPECT_EQ(user(5).at("messages"), 1);
    EXPECT_EQ(user(5).at("active_days"), 1);
}

}  // namespace
}  // namespace tgstats
