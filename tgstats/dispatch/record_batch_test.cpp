#include "tgstats/dispatch/record_batch.h"

#include <new>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "hotreload/base/temp_folder_test.h"
#include "tgstats/store/journal.h"

namespace tgstats {
namespace {

using Ids = std::vector<std::int64_t>;

class RecordBatchTest : public testing::Test {
protected:
    RecordBatchTest() : store(std::move(*Store::open(folder.path()))) {
        // Somebody else's rule, which no check of ours foresees.
        store.database().execute(
            "CREATE TRIGGER poison BEFORE INSERT ON chats WHEN NEW.title='poison'"
            " BEGIN SELECT RAISE(ABORT, 'poison'); END");
    }

    static Arrival arrival(std::int64_t id, const std::string& title, bool waits = false) {
        Update update;
        update.update_id = id;
        update.chat_id = -id;
        update.raw["title"] = title;
        return {std::move(update), waits};
    }
    // Each update makes a chat of that name.
    static std::int64_t record(Store& store, const Update& update) {
        const auto seq = journal_append(
            store, {0, update.update_id, update.chat_id, "message", R"({"raw":1})"}, 5);
        if (!seq) return 0;
        store.put_chat(
            {update.chat_id, "group", std::string(update.raw.at("title").as_string()), "", false});
        return *seq;
    }
    static Ids ids_of(const std::vector<Update>& updates) {
        Ids ids;
        for (const auto& update : updates) ids.push_back(update.update_id);
        return ids;
    }
    static Ids ids_of(const std::vector<NotRecorded>& updates) {
        Ids ids;
        for (const auto& update : updates) ids.push_back(update.update_id);
        return ids;
    }
    Ids unhandled() {
        Ids ids;
        for (const auto& entry : journal_unhandled(store, 10)) ids.push_back(entry.update_id);
        return ids;
    }

    hotreload::TempFolder folder;
    Store store;
};

TEST_F(RecordBatchTest, OneThatCannotBeRecordedKeepsNoOtherBack) {
    const auto recorded = record_batch(
        store, record, {arrival(1, "a"), arrival(2, "poison", true), arrival(3, "b", true)});
    EXPECT_FALSE(recorded.fault);
    EXPECT_EQ(ids_of(recorded.unanswered), Ids{3});
    ASSERT_EQ(ids_of(recorded.not_recorded), Ids{2});
    EXPECT_NE(recorded.not_recorded[0].reason.find("poison"), std::string::npos);
    EXPECT_EQ(recorded.last_seq, journal_last_seq(store));
    EXPECT_TRUE(store.chat(-1) && store.chat(-3));
    EXPECT_FALSE(store.chat(-2));
    EXPECT_EQ(unhandled(), Ids{3});
    // All are known now.
    const auto again = record_batch(store, record, {arrival(2, "poison", true), arrival(3, "b")});
    EXPECT_FALSE(again.fault);
    EXPECT_TRUE(again.unanswered.empty() && again.not_recorded.empty());
    EXPECT_EQ(again.last_seq, 0);
}

// What no reader could parse must not reach one.
TEST_F(RecordBatchTest, OfOneThatCannotBeRecordedOnlyItsIdIsKept) {
    const auto recorded = record_batch(store, record, {arrival(2, "poison")});
    EXPECT_EQ(ids_of(recorded.not_recorded), Ids{2});
    EXPECT_EQ(journal_last_seq(store), 1);
    EXPECT_TRUE(journal_after(store, 0, 10).empty());
}

TEST_F(RecordBatchTest, OneWithAFaultIsKnownAndToldOnce) {
    auto faulty = arrival(2, "b");
    faulty.update.fault = "it is nested too deep";
    const auto recorded = record_batch(store, record, {arrival(1, "a"), faulty, arrival(3, "c")});
    EXPECT_FALSE(recorded.fault);
    ASSERT_EQ(ids_of(recorded.not_recorded), Ids{2});
    EXPECT_EQ(recorded.not_recorded[0].reason, "it is nested too deep");
    EXPECT_TRUE(store.chat(-1) && store.chat(-3));
    EXPECT_FALSE(store.chat(-2));
    EXPECT_EQ(journal_last_seq(store), 3);
    EXPECT_EQ(journal_after(store, 0, 10).size(), 2U);
    EXPECT_EQ(unhandled(), Ids{});
    EXPECT_TRUE(record_batch(store, record, {faulty}).not_recorded.empty());
    // Beside one that the store refuses.
    faulty.update.update_id = 4;
    const auto both = record_batch(store, record, {faulty, arrival(5, "poison"), faulty});
    EXPECT_EQ(ids_of(both.not_recorded), (Ids{4, 5}));
}

TEST_F(RecordBatchTest, AFaultOfTheDiskLetsTheBatchComeAgain) {
    const auto full = [](Store& opened, const Update& update) -> std::int64_t {
        if (update.update_id == 2) throw SqlError(SQLITE_FULL, "database or disk is full");
        return record(opened, update);
    };
    const auto recorded = record_batch(store, full, {arrival(1, "a", true), arrival(2, "b")});
    EXPECT_TRUE(recorded.fault);
    EXPECT_TRUE(recorded.unanswered.empty() && recorded.not_recorded.empty());
    EXPECT_EQ(journal_last_seq(store), 0);
    const auto again = record_batch(store, record, {arrival(1, "a", true), arrival(2, "b")});
    EXPECT_FALSE(again.fault);
    EXPECT_EQ(ids_of(again.unanswered), Ids{1});
}

// A command that is durable by then would be known, and never begun, when the batch comes again.
TEST_F(RecordBatchTest, WhatIsDurableBeforeTheDiskFailsIsAnswered) {
    int asked = 0;
    const auto full = [&asked](Store& opened, const Update& update) -> std::int64_t {
        if (update.update_id == 3 && ++asked > 0) throw SqlError(SQLITE_IOERR_WRITE, "disk");
        return record(opened, update);
    };
    const auto recorded = record_batch(
        store, full, {arrival(1, "a", true), arrival(2, "poison"), arrival(3, "b", true)});
    EXPECT_EQ(asked, 1) << "not reached with all of them together";
    EXPECT_TRUE(recorded.fault);
    EXPECT_EQ(ids_of(recorded.unanswered), Ids{1});
    EXPECT_EQ(ids_of(recorded.not_recorded), Ids{2});
    EXPECT_EQ(unhandled(), Ids{1});
}

TEST_F(RecordBatchTest, WithoutMemoryTheBatchComesAgain) {
    const auto poor = [](Store&, const Update&) -> std::int64_t { throw std::bad_alloc(); };
    EXPECT_TRUE(record_batch(store, poor, {arrival(1, "a")}).fault);
    EXPECT_EQ(journal_last_seq(store), 0);
}

// What was remembered of a transaction that was undone is not so.
TEST_F(RecordBatchTest, AnUndoneUpdateIsNotRemembered) {
    const auto with_bot = [](Store& opened, const Update& update) {
        opened.put_user({.id = 7, .first_name = "B", .is_bot = true});
        return record(opened, update);
    };
    record_batch(store, with_bot, {arrival(1, "poison")});
    EXPECT_FALSE(store.is_bot(7));
    record_batch(store, with_bot, {arrival(2, "a")});
    EXPECT_TRUE(store.is_bot(7));
}

}  // namespace
}  // namespace tgstats
