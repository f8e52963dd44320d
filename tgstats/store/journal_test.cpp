#include "tgstats/store/journal.h"

#include <gtest/gtest.h>

#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

using JournalTest = StoreTest;

TEST_F(JournalTest, JournalAndStateSurviveReopening) {
    EXPECT_EQ(journal_append(*store, {0, 41, chat, "message", "{}"}, 5), 1);
    EXPECT_EQ(journal_append(*store, {0, 41, chat, "message", "{}"}, 5), std::nullopt);
    EXPECT_EQ(journal_append(*store, {0, 42, chat, "message", "{}"}, 5), 2);
    journal_mark_handled(*store, 41);
    set_cursor(*store, "words", 1);
    EXPECT_EQ(state_set(*store, "words", "k", "[1]"), std::nullopt);
    EXPECT_TRUE(state_set(*store, "words", "k", std::string(state_value_bytes_max + 1, 'x')));
    const auto sent = outbox_put(*store, {0, 41, "words", "{}"});
    store.reset();
    reopen();
    ASSERT_EQ(journal_unhandled(*store, 10).size(), 1U);
    EXPECT_EQ(journal_unhandled(*store, 10)[0].update_id, 42);
    EXPECT_EQ(journal_after(*store, 1, 10).at(0).seq, 2);
    EXPECT_EQ(cursor(*store, "words"), 1);
    EXPECT_EQ(cursor(*store, "other"), std::nullopt);
    EXPECT_EQ(state_get(*store, "words", "k"), "[1]");
    EXPECT_EQ(outbox(*store, 10).at(0).id, sent);
    outbox_remove(*store, sent);
    EXPECT_TRUE(outbox(*store, 10).empty());
    EXPECT_EQ(journal_prune(*store, 6), 1);  // 42 is not handled
}

}  // namespace
}  // namespace tgstats
