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

}  // namespace
}  // namespace tgstats
