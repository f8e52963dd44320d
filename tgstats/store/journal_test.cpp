#include "tgstats/store/journal.h"

#include <gtest/gtest.h>

#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

using JournalTest = StoreTest;

TEST_F(JournalTest, SurvivesReopening) {
    EXPECT_EQ(journal_append(*store, {0, 41, chat, "message", "{}"}, 5), 1);
    EXPECT_EQ(journal_append(*store, {0, 41, chat, "message", "{}"}, 5), std::nullopt);
    EXPECT_EQ(journal_append(*store, {0, 42, chat, "message", "{}"}, 5), 2);
    journal_mark_handled(*store, 41);
    set_cursor(*store, "words", 1, 100);
    store.reset();
    reopen();
    ASSERT_EQ(journal_unhandled(*store, 10).size(), 1U);
    EXPECT_EQ(journal_unhandled(*store, 10)[0].update_id, 42);
    EXPECT_EQ(journal_after(*store, 1, 10).at(0).seq, 2);
    EXPECT_EQ(cursor(*store, "words"), 1);
    EXPECT_EQ(cursor(*store, "other"), std::nullopt);
    EXPECT_EQ(journal_prune(*store, 6, 0), 1);  // 42 is not handled
}

TEST_F(JournalTest, PruningSparesWhatAReaderHasNotRead) {
    for (const int id : {41, 42, 43}) {
        journal_append(*store, {0, id, chat, "message", "{}"}, 5);
        journal_mark_handled(*store, id);
    }
    set_cursor(*store, "slow", 1, 100);
    set_cursor(*store, "quick", 3, 200);
    EXPECT_EQ(journal_prune(*store, 6, 0), 1);
    EXPECT_EQ(journal_after(*store, 0, 10).size(), 2U);
    touch_cursor(*store, "quick", 300);
    EXPECT_EQ(forget_cursors(*store, 300), std::vector<std::string>{"slow"});
    EXPECT_EQ(cursor(*store, "slow"), std::nullopt);
    EXPECT_EQ(journal_prune(*store, 6, 0), 2);
}

// Else a text that somebody wants erased would stay under an id that nobody asks for any more.
TEST_F(JournalTest, FollowsAGroupThatHasBecomeASupergroup) {
    for (const int id : {41, 42, 43})
        journal_append(*store, {0, id, id == 42 ? chat : -7, "message", std::to_string(id)}, 5);
    journal_mark_handled(*store, 41);
    store->migrate_chat(-7, -1007);
    const auto entries = journal_after(*store, 0, 10);
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].chat_id, -1007);
    EXPECT_EQ(entries[1].chat_id, chat);
    EXPECT_EQ(entries[2].chat_id, -1007);
    for (const std::int64_t at : {0, 1, 2}) {
        EXPECT_EQ(entries[static_cast<std::size_t>(at)].seq, at + 1);
        EXPECT_EQ(entries[static_cast<std::size_t>(at)].body, std::to_string(41 + at));
    }
    EXPECT_EQ(journal_append(*store, {0, 43, -1007, "message", "{}"}, 5), std::nullopt);
    journal_make_private(*store, -1007);
    const auto left = journal_after(*store, 0, 10);
    ASSERT_EQ(left.size(), 2U) << "the body that is dealt with has gone";
    EXPECT_TRUE(left[1].is_private);
    EXPECT_EQ(journal_unhandled(*store, 10).back().update_id, 43);
}

}  // namespace
}  // namespace tgstats
