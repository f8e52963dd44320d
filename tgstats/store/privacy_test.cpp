#include "tgstats/store/privacy.h"

#include "tgstats/store/chat_policy.h"
#include "tgstats/store/details.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/rollups.h"
#include "tgstats/store/store_fixture.h"
#include "tgstats/store/time_zones.h"

namespace tgstats {
namespace {

constexpr std::int64_t then = 1'700'000'000;

class PrivacyTest : public StoreTest {
protected:
    PrivacyTest() {
        store->put_user({7, "Ada", "", "ada", false});
        store->put_user({8, "Boris", "", "", false});
        store->put_membership({chat, 7, "member", then});
        for (int i = 0; i < 250; ++i) put(i + 1, 7, then + i, "ada's words");
        MessageRow answer{.chat_id = chat, .message_id = 900, .user_id = 8, .date = then + 900};
        answer.reply_to_message_id = 1;
        answer.reply_to_user_id = 7;
        store->put_message(answer);
        store->put_reactions(chat, 1, 8, {{chat, 1, 8, "👍", 1, then}});      // to Ada
        store->put_reactions(chat, 900, 7, {{chat, 900, 7, "👍", 1, then}});  // by Ada
        store->put_service({chat, 5'000, then, 8, "new_chat_members",
                            R"([{"id":7,"is_bot":false,"first_name":"Ada"}])"});
        journal_append(*store, {0, 1, chat, "message", R"({"from":{"id":7,"x":1}})"}, then);
        journal_append(*store, {0, 2, chat, "message", R"({"message_id":7,"from":{"id":8}})"},
                       then);
        for (const int id : {1, 2}) journal_mark_handled(*store, id);
    }
    std::int64_t count(const std::string& what) {
        auto statement = store->database().prepare("SELECT COUNT(*) FROM " + what);
        statement.step();
        return statement.integer(0);
    }
    std::int64_t counted(const std::string& column) {
        auto statement = store->database().prepare("SELECT SUM(" + column +
                                                   ") FROM rollups WHERE span=0 AND thread_id=0");
        statement.step();
        return statement.integer(0);
    }
    void expect_no_trace_of_ada() {
        EXPECT_EQ(count("messages WHERE user_id=7 OR reply_to_user_id=7 OR text<>''"), 0);
        EXPECT_EQ(count("reactions WHERE user_id=7 OR author_id=7"), 0);
        EXPECT_EQ(count("rollups WHERE user_id=7"), 0);
        EXPECT_EQ(count("memberships WHERE user_id=7"), 0);
        EXPECT_EQ(count("users WHERE id=7"), 0);
        EXPECT_EQ(count("service_rows WHERE details LIKE '%Ada%'"), 0);
        EXPECT_EQ(count("journal WHERE body<>''"), 1) << "only what others wrote is left";
        EXPECT_EQ(counted("messages"), 1) << "Boris's";
        EXPECT_EQ(counted("replies_sent"), 1) << "Boris has answered somebody";
        EXPECT_EQ(counted("reactions_given"), 1) << "Boris has given one";
        EXPECT_EQ(counted("reactions_received"), 0) << "to Boris, from Ada";
    }
};

TEST_F(PrivacyTest, WhoOptsOutIsNobodyAfterwards) {
    opt_out(*store, 7, chat, then);
    EXPECT_TRUE(opted_out(*store, 7, chat));
    EXPECT_FALSE(opted_out(*store, 7, -5));
    EXPECT_FALSE(opted_out(*store, 8, chat));
    erase_all();
    expect_no_trace_of_ada();
    EXPECT_EQ(count("messages"), 251);
    const auto before = counted("messages");
    store->rollups().rebuild(chat, store->clock(chat));
    EXPECT_EQ(counted("messages"), before);
    EXPECT_TRUE(opt_in(*store, 7, chat));
    EXPECT_FALSE(opted_out(*store, 7, chat));
    EXPECT_FALSE(opt_in(*store, 7, chat));
}

TEST_F(PrivacyTest, WhatIsForgottenIsGone) {
    note_removal(*store, 7, everywhere, then + 1'000);
    erase_all();
    expect_no_trace_of_ada();
    EXPECT_EQ(count("messages"), 1);
    EXPECT_FALSE(opted_out(*store, 7, chat));
}

// All counts as text, without those of zeros only.
std::string sums_of(Database& database) {
    std::string text;
    auto statement = database.prepare(
        "SELECT * FROM rollups WHERE messages<>0 OR replies_sent<>0 OR replies_received<>0 OR"
        " reactions_given<>0 OR reactions_received<>0");
    while (statement.step()) {
        for (int column = 0; column < 16; ++column)
            text += std::to_string(statement.integer(column)) + ' ';
        text += '\n';
    }
    return text;
}

// Ada writes, edits and deletes, and is answered, before each step of the erasure.
TEST_F(PrivacyTest, WhatIsWrittenWhileTheyAreForgottenStaysAndIsCounted) {
    note_removal(*store, 7, everywhere, then + 1'000);
    const auto write = [this](int step) {
        const auto late = then + 2'000 + step;
        put(2'000 + step, 7, late, "after the word");
        MessageRow answer{.chat_id = chat, .message_id = 3'000 + step, .user_id = 8, .date = late};
        answer.reply_to_message_id = 2'000 + step;
        answer.reply_to_user_id = 7;
        store->put_message(answer);
        store->put_reactions(chat, 2'000 + step, 8, {{chat, 2'000 + step, 8, "👍", 1, late}});
        store->put_reactions(chat, 900, 7, {{chat, 900, 7, "🔥", 1, late}});
        store->put_reactions(chat, 250, 8, {{chat, 250, 8, "👍", 1, late}});  // to an old one
        if (step > 0) put(2'000, 7, then + 2'000, "edited to be longer");
        if (step > 1) store->delete_messages(chat, {2'000 + step - 1}, late);
    };
    int steps = 0;
    for (auto next = next_erasure(*store); next; next = next_erasure(*store)) {
        ErasureRun run;
        run.erasure = *next;
        // Killed half-way, it begins anew.
        for (; !run.done && (steps % 4 != 3); ++steps) {
            write(steps);
            erase_step(*store, run);
            ASSERT_LT(steps, 50);
        }
        if (run.done) continue;
        write(steps++);
    }
    ASSERT_GT(steps, 4);
    EXPECT_EQ(count("messages WHERE user_id=7"), 2) << "the first and the last are not deleted";
    EXPECT_EQ(count("messages WHERE user_id=7 AND text=''"), 0);
    EXPECT_EQ(count("messages WHERE user_id=7 AND date<=1700001000"), 0);
    EXPECT_EQ(count("reactions WHERE author_id=7 AND message_id<2000"), 0);
    EXPECT_EQ(count("users WHERE id=7"), 1) << "they are known by what they wrote since";
    const auto counted_on = sums_of(store->database());
    store->recount(chat);
    EXPECT_EQ(counted_on, sums_of(store->database()));
    EXPECT_EQ(count("rollups WHERE messages<0 OR replies_received<0 OR reactions_given<0"), 0);
    opt_out(*store, 7, chat, then + 9'000);
    erase_all();
    EXPECT_EQ(count("rollups WHERE user_id=7"), 0);
}

TEST_F(PrivacyTest, TheClockOfTelegramMayBeAhead) {
    put(901, 7, then + 1'000 + clock_skew_s, "just now");
    note_removal(*store, 7, chat, then + 1'000);
    erase_all();
    EXPECT_EQ(count("messages WHERE user_id=7"), 0);
}

TEST_F(PrivacyTest, WhoAsksOnceMoreMeanwhileIsForgottenUpToThen) {
    note_removal(*store, 7, chat, then + 1'000);
    ErasureRun run;
    run.erasure = *next_erasure(*store);
    while (!run.own_done) erase_step(*store, run);
    put(901, 7, then + 2'000, "later");
    note_removal(*store, 7, chat, then + 3'000);
    while (!run.done) erase_step(*store, run);
    EXPECT_EQ(count("messages WHERE user_id=7"), 0);
    EXPECT_EQ(count("rollups WHERE user_id=7"), 0);
}

TEST_F(PrivacyTest, EverywhereIsEveryChatAndWhoIsElsewhereKeepsTheirNameThere) {
    store->put_chat({-5, "group", "Other", "", false});
    store->put_message({.chat_id = -5, .message_id = 1, .user_id = 7, .date = then});
    opt_out(*store, 7, chat, then);
    erase_all();
    EXPECT_EQ(count("users WHERE id=7"), 1);
    opt_out(*store, 7, everywhere, then);
    EXPECT_TRUE(opted_out(*store, 7, -99));
    EXPECT_EQ(opt_outs(*store, 7), (std::vector<std::int64_t>{chat, everywhere}));
    erase_all();
    EXPECT_EQ(count("users WHERE id=7"), 0);
    EXPECT_EQ(count("messages WHERE user_id=7"), 0);
    EXPECT_TRUE(opt_in(*store, 7, everywhere));
    EXPECT_FALSE(anybody_opted_out(*store));
}

TEST_F(PrivacyTest, GroupsThatTheBotHasLeftAreErasedAndKeepNamesAlike) {
    store->put_chat({-5, "group", "Left", "", false});
    store->put_message({.chat_id = -5, .message_id = 1, .user_id = 7, .date = then, .text = "x"});
    store->set_active(-5, false);
    note_removal(*store, 7, chat, then + 1'000);
    erase_all();
    EXPECT_EQ(count("users WHERE id=7"), 1) << "they are known from the group that was left";
    note_removal(*store, 7, everywhere, then + 1'000);
    erase_all();
    EXPECT_EQ(count("messages WHERE user_id=7"), 0);
    EXPECT_EQ(count("users WHERE id=7"), 0);
    opt_out(*store, 7, everywhere, then);
    EXPECT_EQ(count("erasures WHERE user_id=7 AND chat_id=-5"), 1);
}

TEST_F(PrivacyTest, OthersMessagesNoLongerSayThatTheyForwardOrMentionThem) {
    const auto forward = [&](std::int64_t id, std::int64_t origin) {
        store->put_message({.chat_id = chat,
                            .message_id = id,
                            .user_id = 8,
                            .date = then,
                            .text = "x",
                            .forwarded_from = origin == 7 ? "Ada" : "Eve"});
        MessageDetails details{.chat_id = chat, .message_id = id};
        details.forward_kind = "user";
        details.forward_user_id = origin;
        details.entities = R"([{"type":"text_mention","user":{"id":)" + std::to_string(origin) +
                           R"(,"first_name":"?"}}])";
        put_details(*store, details);
    };
    forward(950, 7);
    forward(951, 77);
    opt_out(*store, 7, chat, then);
    erase_all();
    EXPECT_EQ(store->message(chat, 950)->forwarded_from, "");
    EXPECT_EQ(message_details(*store, chat, 950)->forward_user_id, 0);
    EXPECT_EQ(message_details(*store, chat, 950)->entities, "");
    EXPECT_EQ(store->message(chat, 951)->forwarded_from, "Eve");
    EXPECT_NE(message_details(*store, chat, 951)->entities, "");
}

TEST_F(PrivacyTest, PrivateUpdatesAreForNoReaderAndBlankOnceHandled) {
    const auto seq = journal_append(*store, {0, 9, chat, journal_private, "{\"x\":1}"}, then);
    ASSERT_EQ(journal_unhandled(*store, 10).size(), 1U);
    journal_mark_handled(*store, 9);
    EXPECT_TRUE(journal_after(*store, *seq - 1, 10).empty());
}

TEST(TimeZonesTest, NamesAreFoundInAnyCaseAndByTheirCity) {
    EXPECT_EQ(zone_named("europe/berlin"), "Europe/Berlin");
    EXPECT_EQ(zone_named("America/New York"), "America/New_York");
    EXPECT_EQ(zone_named("Berlin"), std::nullopt);
    EXPECT_EQ(near_zones("berlin", 3).front(), "Europe/Berlin");
    EXPECT_EQ(near_zones("Europe/Berln", 3).front(), "Europe/Berlin");
    EXPECT_EQ(near_zones("kiev", 5).size() > 0, true);
    EXPECT_TRUE(near_zones("xyzzyxyzzy", 3).empty());
    EXPECT_TRUE(near_zones("", 3).empty());
}

}  // namespace
}  // namespace tgstats
