#include <gtest/gtest.h>

#include "tgstats/record/record_fixture.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

class PrivateTest : public RecordTest {
protected:
    PrivateTest() {
        record(message(1, 1, 5, R"("text":"before")"));
        journal_mark_handled(*store, 1);
    }
    void store_texts(bool on) {
        ChatSettings settings;
        settings.store_text = on;
        ASSERT_TRUE(store->set_settings(chat, settings));
    }
    // All that the database holds of a word, table by table.
    std::string found(const std::string& word) {
        std::string places;
        for (const char* place :
             {"messages.text", "service_rows.details", "journal.body", "message_details.entities",
              "message_files.name", "outbox.params", "reactions.reaction"}) {
            const std::string name(place);
            const auto dot = name.find('.');
            if (count(name.substr(0, dot) + " WHERE instr(" + name.substr(dot + 1) + ", '" + word +
                      "')>0") > 0)
                places += name + " ";
        }
        return places;
    }
};

TEST_F(PrivateTest, TextIsKeptWhereItShouldNotBe) {
    store_texts(false);
    EXPECT_EQ(found("before"), "messages.text ") << "deleting it is another decision";
    record(message(2, 2, 5,
                   R"("text":"secret https://secret.example","entities":)"
                   R"([{"type":"text_link","offset":0,"length":6,"url":"x.secret"}])"));
    record(message(3, 3, 5,
                   R"("document":{"file_id":"f","file_name":"secret.pdf"},)"
                   R"("caption":"secret")"));
    record(
        message(4, 4, 5,
                R"("pinned_message":{"message_id":2,"date":1,"text":"secret",)" + chat_json + "}"));
    record(message(5, 5, 5, R"("web_app_data":{"data":"secret","button_text":"b"})"));
    EXPECT_EQ(found("secret"), "journal.body ");
    EXPECT_EQ(journal_unhandled(*store, 10).size(), 4U);  // whole, for whoever answers them
    for (int update = 2; update <= 5; ++update) journal_mark_handled(*store, update);
    EXPECT_EQ(found("secret"), "");
    EXPECT_EQ(store->message(chat, 2)->length, 29);
    EXPECT_EQ(store->message(chat, 2)->url_count, 1);
    record(as_kind(message(6, 2, 5, R"("edit_date":1790000009,"text":"secret again")"),
                   "edited_message"));
    EXPECT_EQ(found("secret"), "");  // an edit awaits no answer
}

TEST_F(PrivateTest, ReadersGetTheWholeUpdateBeforeItsTextGoes) {
    store_texts(false);
    set_cursor(*store, "words", journal_last_seq(*store), 1);
    record(message(2, 2, 5, R"("text":"secret")"));
    journal_mark_handled(*store, 2);
    EXPECT_EQ(journal_after(*store, 1, 10).size(), 1U);
    EXPECT_TRUE(journal_after(*store, 1, 10)[0].is_private);
    set_cursor(*store, "words", journal_last_seq(*store), 1);
    EXPECT_EQ(found("secret"), "");
    record(message(3, 3, 5, R"("text":"secret")"));  // received at 1000
    journal_mark_handled(*store, 3);
    EXPECT_EQ(found("secret"), "journal.body ");  // nobody has read it
    EXPECT_EQ(journal_prune(*store, 0, 1'001), 1);
    EXPECT_EQ(found("secret"), "");
}

}  // namespace
}  // namespace tgstats
