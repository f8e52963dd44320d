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

class JournalEndTest : public JournalTest {
protected:
    // Updates 1, 2, … of these times, dealt with but for those that are named.
    void fill(const std::vector<std::int64_t>& times, std::int64_t unhandled = 0) {
        std::int64_t id = 0;
        for (const auto received : times) {
            journal_append(*store, {0, ++id, chat, "message", "{}"}, received);
            if (id != unhandled) journal_mark_handled(*store, id);
        }
    }
    std::vector<std::int64_t> left() {
        auto rows = store->database().prepare("SELECT update_id FROM journal ORDER BY seq");
        std::vector<std::int64_t> ids;
        while (rows.step()) ids.push_back(rows.integer(0));
        return ids;
    }
    // The whole walk; how many steps it took.
    int shorten(std::int64_t before, std::int64_t now) {
        int steps = 1;
        for (auto step = journal_shorten(*store, 0, before, now); !step.last; ++steps)
            step = journal_shorten(*store, step.at, before, now);
        return steps;
    }
    using Ids = std::vector<std::int64_t>;
};

TEST_F(JournalEndTest, OldOnesGoAndTheNumbersGoOn) {
    fill({10, 10, 10, 50, 50}, 2);
    shorten(20, 60);
    EXPECT_EQ(left(), (Ids{2, 4, 5})) << "what waits for an answer stays, and what is recent";
    EXPECT_EQ(journal_append(*store, {0, 4, chat, "message", "{}"}, 60), std::nullopt);
    EXPECT_EQ(journal_append(*store, {0, 6, chat, "message", "{}"}, 60), 6);
    EXPECT_TRUE(journal_append(*store, {0, 1, chat, "message", "{}"}, 60)) << "numbered anew";
    EXPECT_EQ(journal_last_seq(*store), 7);
}

TEST_F(JournalEndTest, TheNewestStays) {
    fill({10, 10, 10});
    shorten(20, 60);
    EXPECT_EQ(left(), Ids{3});
    EXPECT_EQ(journal_last_seq(*store), 3);
}

TEST_F(JournalEndTest, WhatAReaderHasNotReadStays) {
    fill({10, 10, 10, 50});
    set_cursor(*store, "slow", 1, 60);
    shorten(20, 60);
    EXPECT_EQ(left(), (Ids{2, 3, 4}));
    EXPECT_EQ(journal_after(*store, *cursor(*store, "slow"), 10).size(), 3U);
    set_cursor(*store, "slow", 3, 60);
    shorten(20, 60);
    EXPECT_EQ(left(), Ids{4});
    EXPECT_EQ(cursor(*store, "slow"), 3);
}

TEST_F(JournalEndTest, AWrongClockDoesNotEndIt) {
    fill({9'000, 9'000, 10, 10, 50});
    shorten(20, 60);
    EXPECT_EQ(left(), (Ids{1, 2, 5}));
}

TEST_F(JournalEndTest, GoesInBoundedSteps) {
    const auto rows = static_cast<std::size_t>(journal_step_rows);
    Transaction together(store->database());
    fill(std::vector<std::int64_t>(2 * rows + 5, 10));
    together.commit();
    const auto first = journal_shorten(*store, 0, 20, 60);
    EXPECT_EQ(first.deleted, journal_step_rows);
    EXPECT_FALSE(first.last);
    EXPECT_EQ(shorten(20, 60), 3) << "two with rows, one that finds no more";
    EXPECT_EQ(left(), Ids{2 * journal_step_rows + 5});
}

}  // namespace
}  // namespace tgstats
