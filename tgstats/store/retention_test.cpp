#include "tgstats/store/retention.h"

#include <array>

#include "tgstats/store/chat_policy.h"
#include "tgstats/store/details.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/rollups.h"
#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

constexpr std::int64_t now = 1'700'000'000;

class RetentionTest : public StoreTest {
protected:
    void run(void (*step)(Store&, RetentionRun&), std::int64_t before) {
        done = {};
        done.chat_id = chat;
        done.before = before;
        for (int steps = 0; !done.done; ++steps) {
            ASSERT_LT(steps, 100);
            step(*store, done);
        }
    }
    std::int64_t count(const std::string& what) {
        auto statement = store->database().prepare("SELECT COUNT(*) FROM " + what);
        statement.step();
        return statement.integer(0);
    }
    // user, span, start, messages, active days, characters …: all counts, to compare states.
    std::string sums() {
        std::string text;
        for (const char* table : {"rollups", "hours"}) {
            auto statement = store->database().prepare("SELECT * FROM " + std::string(table));
            while (statement.step())
                for (int column = 0; column < (table[0] == 'r' ? 16 : 5); ++column)
                    text += std::to_string(statement.integer(column)) + ' ';
        }
        return text;
    }

    RetentionRun done;
};

TEST_F(RetentionTest, TextsGoAndWhatWasCountedOfThemStays) {
    for (int i = 0; i < 1'200; ++i) put(i + 1, 7, now + i, "words");
    set_text_days(*store, chat, 30);
    const auto before = sums();
    EXPECT_EQ(preview_texts(*store, chat, now + 1'100).texts.count, 1'100);
    run(blank_texts, now + 1'100);
    EXPECT_EQ(done.deleted.texts, 1'100);
    EXPECT_EQ(count("messages WHERE text<>''"), 100);
    EXPECT_EQ(store->message(chat, 1)->length, 5);
    EXPECT_EQ(sums(), before);
    EXPECT_TRUE(preview_texts(*store, chat, now + 1'100).nothing());
}

TEST_F(RetentionTest, UpdatesAsTheyCameAreBlankedWithTheTexts) {
    journal_append(*store, {0, 1, chat, "message", "{\"old\":1}"}, now);
    journal_append(*store, {0, 2, chat, "message", "{\"unhandled\":1}"}, now);
    journal_append(*store, {0, 3, -5, "message", "{\"other\":1}"}, now);
    journal_append(*store, {0, 4, chat, "message", "{\"new\":1}"}, now + 10);
    for (const int handled : {1, 3, 4}) journal_mark_handled(*store, handled);
    run(blank_texts, now + 5);
    EXPECT_EQ(count("journal WHERE body='' AND update_id=1"), 1);
    EXPECT_EQ(count("journal WHERE body=''"), 1);
}

TEST_F(RetentionTest, MetadataGoAndTheSumsStayThroughEveryCountAnew) {
    for (int i = 0; i < 700; ++i) put(i + 1, 7 + i % 2, now + i * 600);
    store->put_reactions(chat, 1, 8, {{chat, 1, 8, "👍", 1, now}});
    store->put_service({chat, 5'000, now, 7, "new_chat_title", "\"x\""});
    set_metadata_days(*store, chat, 30);
    const auto before = sums();
    const auto cut = now + 600 * 600;
    const auto lost = preview_metadata(*store, chat, cut);
    EXPECT_EQ(lost.messages.count, 600);
    EXPECT_EQ(lost.reactions.count, 1);
    EXPECT_EQ(lost.service_rows.count, 1);
    run(delete_metadata, cut);
    EXPECT_EQ(done.deleted.messages, 600);
    EXPECT_EQ(count("messages"), 100);
    EXPECT_EQ(count("reactions") + count("service_rows"), 0);
    EXPECT_EQ(sums(), before);
    store->rollups().rebuild(chat, store->clock(chat));
    EXPECT_EQ(sums(), before);
    // What comes again from before the cut is not counted twice.
    put(1, 7, now);
    run(delete_metadata, cut);
    store->rollups().rebuild(chat, store->clock(chat));
    EXPECT_EQ(sums(), before);
}

TEST_F(RetentionTest, EditsOfWhatIsPastNeitherCountNorBringBackItsText) {
    for (int i = 0; i < 6; ++i) put(i + 1, 7, now + i * 100, "words");
    set_metadata_days(*store, chat, 30);
    run(delete_metadata, now + 500);
    const auto before = sums();
    for (int i = 0; i < 5; ++i) {
        MessageRow edit{.chat_id = chat, .message_id = i + 1, .user_id = 7, .date = now + i * 100};
        edit.edit_date = now + 1'000;
        edit.text = "other words";
        EXPECT_FALSE(store->put_message(edit));
    }
    EXPECT_EQ(sums(), before);
    EXPECT_EQ(count("messages"), 1);
}

TEST_F(RetentionTest, NamesOfFilesAndWordsOfServiceRowsGoWithTheTexts) {
    put(1, 7, now, "");
    put(2, 7, now, "");
    put_file(*store, chat, 1, MessageFile{.file_id = "F", .name = "my will.pdf", .size = 9});
    put_file(*store, chat, 2, MessageFile{.file_id = "G", .size = 9});
    store->put_service({chat, 10, now, 7, "web_app_data", R"({"data":"secret"})"});
    store->put_service({chat, 11, now, 7, "pinned_message", R"({"message_id":1,"text":"secret"})"});
    store->put_service({chat, 12, now, 7, "pinned_message", R"({"message_id":1})"});
    store->put_service({chat, 13, now, 7, "new_chat_title", "\"x\""});
    store->put_service({chat, 14, now, 7, "edit_group_title", R"({"title":"x"})"});
    store->put_service({chat, 15, now + 9, 7, "web_app_data", R"({"data":"secret"})"});
    const auto lost = preview_texts(*store, chat, now + 1);
    EXPECT_EQ(lost.texts.count + lost.captions.count, 0);
    EXPECT_EQ(lost.file_names.count, 1);
    EXPECT_EQ(lost.service_rows.count, 2);
    run(blank_texts, now + 1);
    EXPECT_EQ(done.deleted.texts, 1);
    EXPECT_EQ(count("message_files WHERE name=''"), 2);
    EXPECT_EQ(count("service_rows WHERE details LIKE '%secret%' AND message_id<>15"), 0);
    EXPECT_EQ(count("service_rows WHERE details='null' AND message_id IN (10, 11)"), 2);
    EXPECT_EQ(count("service_rows WHERE details<>'null'"), 4) << "of a later time, or no texts";
}

TEST_F(RetentionTest, MembershipChangesAreMetadata) {
    for (int i = 0; i < 1'200; ++i)
        store->put_membership({chat, 7, i % 2 == 0 ? "member" : "left", now + i});
    set_metadata_days(*store, chat, 30);
    EXPECT_EQ(preview_metadata(*store, chat, now + 1'100).membership_changes.count, 1'100);
    EXPECT_FALSE(preview_metadata(*store, chat, now + 1'100).nothing());
    run(delete_metadata, now + 1'100);
    EXPECT_EQ(done.deleted.membership_changes, 1'100);
    EXPECT_EQ(count("membership_changes"), 100);
    EXPECT_EQ(count("memberships"), 1) << "where they are now is no past";
}

// What a preview says is what goes, kind by kind: each is blank afterwards, and nothing else is.
TEST_F(RetentionTest, ThePreviewOfTextsIsWhatGoes) {
    const auto write = [&](std::int64_t id, const std::string& text, const std::string& medium) {
        MessageRow row{.chat_id = chat, .message_id = id, .user_id = 7, .date = now + id};
        row.text = text;
        row.media_type = medium;
        store->put_message(row);
    };
    for (int id = 1; id <= 5; ++id) write(id, "words", "");
    for (int id = 6; id <= 8; ++id) write(id, "words", "photo");
    for (int id = 9; id <= 12; ++id) write(id, "", "sticker");
    for (int id = 7; id <= 9; ++id) put_file(*store, chat, id, MessageFile{.name = "f.pdf"});
    put_file(*store, chat, 10, MessageFile{.file_id = "nameless"});
    store->put_chat({-5, "group", "Other", "", false});
    store->put_message({.chat_id = -5, .message_id = 1, .user_id = 7, .date = now, .text = "x"});
    for (int id = 20; id <= 26; ++id)
        store->put_service({chat, id, now + id - 20, 7, "web_app_data", R"({"data":"words"})"});
    for (const int id : {1, 2, 3}) {
        journal_append(*store, {0, id, id == 3 ? -5 : chat, "message", "{\"x\":1}"}, now + id);
        if (id != 2) journal_mark_handled(*store, id);
    }
    const auto words_left = [&] {
        return std::array{count("messages WHERE text<>'' AND media_type='' AND chat_id=-1001"),
                          count("messages WHERE text<>'' AND media_type<>''"),
                          count("message_files WHERE name<>''"),
                          count("service_rows WHERE details LIKE '%words%'"),
                          count("journal WHERE body<>''")};
    };
    for (const auto before : {now + 3, now + 8, INT64_MAX}) {
        const auto lost = preview_texts(*store, chat, before);
        auto expected = words_left();
        run(blank_texts, before);
        std::size_t at = 0;
        for (const auto& kind :
             {lost.texts, lost.captions, lost.file_names, lost.service_rows, lost.updates}) {
            EXPECT_FALSE(kind.more);
            expected[at++] -= kind.count;
        }
        EXPECT_EQ(words_left(), expected) << before - now;
        EXPECT_TRUE(preview_texts(*store, chat, before).nothing());
    }
    EXPECT_EQ(words_left(), (std::array<std::int64_t, 5>{0, 0, 0, 0, 2}));
}

TEST_F(RetentionTest, ThePreviewOfMetadataIsWhatGoes) {
    for (int id = 1; id <= 9; ++id) put(id, 7, now + id);
    store->put_reactions(chat, 1, 8, {{chat, 1, 8, "👍", 1, now + 1}, {chat, 1, 8, "🔥", 1, now}});
    for (int id = 20; id <= 23; ++id)
        store->put_service({chat, id, now + id - 20, 7, "new_chat_photo", "[]"});
    for (int i = 0; i < 4; ++i)
        store->put_membership({chat, 9, i % 2 ? "left" : "member", now + i});
    set_metadata_days(*store, chat, 30);
    const auto lost = preview_metadata(*store, chat, now + 3);
    run(delete_metadata, now + 3);
    EXPECT_EQ(lost.messages.count, 2);
    EXPECT_EQ(lost.reactions.count, 2);
    EXPECT_EQ(lost.service_rows.count, 3);
    EXPECT_EQ(lost.membership_changes.count, 3);
    EXPECT_EQ(lost.messages.count, done.deleted.messages);
    EXPECT_EQ(lost.reactions.count, done.deleted.reactions);
    EXPECT_EQ(lost.service_rows.count, done.deleted.service_rows);
    EXPECT_EQ(lost.membership_changes.count, done.deleted.membership_changes);
    EXPECT_TRUE(preview_metadata(*store, chat, now + 3).nothing());
}

// Also where nothing of what is looked for is there to be found.
TEST_F(RetentionTest, APreviewLooksAtABoundedNumberOfRowsAndSaysSo) {
    {
        Transaction transaction(store->database());
        store->database().execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100001)"
            " INSERT INTO messages SELECT -1001, i, 7, 0, 1700000000+i, 0, 0, 0, 0,"
            " CASE WHEN i=1 THEN 'the oldest' WHEN i>100000 THEN 'the newest' ELSE '' END,"
            " 0, 0, 0, '', '', '' FROM n");
        transaction.commit();
    }
    const auto lost = preview_texts(*store, chat, INT64_MAX);
    EXPECT_EQ(lost.texts.count, 2);
    EXPECT_TRUE(lost.texts.more);
    put(100'002, 7, now + 100'002, "one more");
    const auto later = preview_texts(*store, chat, INT64_MAX);
    EXPECT_EQ(later.texts.count, 2) << "the oldest is not looked at";
    EXPECT_TRUE(later.captions.more);
    EXPECT_EQ(later.captions.count, 0);
    EXPECT_FALSE(later.nothing());
    EXPECT_TRUE(preview_metadata(*store, chat, INT64_MAX).messages.more);
    const auto small = preview_texts(*store, chat, now + 100'000);
    EXPECT_EQ(small.texts.count, 1);
    EXPECT_FALSE(small.texts.more);
    store->database().execute("UPDATE messages SET text=''");
    EXPECT_TRUE(preview_texts(*store, chat, now + 100'000).nothing());
}

TEST_F(RetentionTest, ThePastFollowsAGroupThatBecomesASupergroup) {
    put(1, 7, now);
    set_metadata_days(*store, chat, 30);
    set_text_days(*store, chat, 3);
    add_stop_word(*store, chat, "foo");
    run(delete_metadata, now + 1);
    store->migrate_chat(chat, -2002);
    EXPECT_EQ(store->summary(-2002)->messages, 1);
    EXPECT_EQ(chat_policy(*store, -2002).metadata_days, 30);
    EXPECT_EQ(chats_with_retention(*store), std::vector<std::int64_t>{-2002});
    EXPECT_EQ(stop_words(*store, -2002), std::vector<std::string>{"foo"});
}

}  // namespace
}  // namespace tgstats
