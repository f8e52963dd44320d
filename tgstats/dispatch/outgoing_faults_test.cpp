// The store fails while calls are on their way.
#include "tgstats/dispatch/outgoing_fixture.h"

namespace tgstats {
namespace {

class OutgoingFaultsTest : public OutgoingTest {
protected:
    void change_store(const std::string& sql) {
        auto work = [sql](Store& opened) { opened.database().execute(sql); };
        run_to_end(loop, store->run(work));
    }
    void until_told(std::string_view name) {
        const auto deadline = hotreload::deadline_after(sending_deadline);
        for (loop.restart(); told(name) == 0 && loop.run_one_until(deadline) > 0;) {
        }
        EXPECT_EQ(told(name), 1U) << name;
    }
    // All goes out, once, after the store has refused to do that for a while.
    void goes_out_after(const std::string& refused) {
        change_store("CREATE TRIGGER fault BEFORE " + refused +
                     " ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END");
        auto kept = run_to_end(loop, outgoing->keep(decide({"1", "2"})));
        ASSERT_TRUE(kept.has_value());
        until_told("effect_put_off");
        change_store("DROP TRIGGER fault");
        EXPECT_TRUE(run_to_end(loop, outgoing->sent(*kept)));
        EXPECT_TRUE(send(decide({"3"})));
        EXPECT_EQ(texts(), (std::vector<std::string>{"1", "2", "3"}));
        EXPECT_EQ(told("effect_failed"), 0U);
        EXPECT_EQ(waiting(), 0U);
    }
};

TEST_F(OutgoingFaultsTest, GoesOnWhenTheStoreCanNoteTheRequestAgain) {
    goes_out_after("UPDATE OF sending");
}

// It has gone out: only the note is made again.
TEST_F(OutgoingFaultsTest, GoesOnWhenTheStoreCanNoteTheAnswerAgain) { goes_out_after("DELETE"); }

TEST_F(OutgoingFaultsTest, ARefusalIsToldOnceWhenTheStoreFails) {
    server.answer = [](std::size_t n) {
        return n == 1 ? Server::Reply{http_answer(400, R"({"ok":false,"error_code":400})")} : ok();
    };
    change_store(
        "CREATE TRIGGER fault BEFORE DELETE ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END");
    auto kept = run_to_end(loop, outgoing->keep(decide({"1", "2"})));
    ASSERT_TRUE(kept.has_value());
    until_told("effect_put_off");
    change_store("DROP TRIGGER fault");
    EXPECT_FALSE(run_to_end(loop, outgoing->sent(*kept)));
    EXPECT_EQ(told("effect_failed"), 1U);
    EXPECT_EQ(texts(), std::vector<std::string>{"1"});
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OutgoingFaultsTest, WhatCannotBeRecordedHasGoneOutAllTheSame) {
    own_fault = 19;  // a constraint: by its content
    server.answer = [](std::size_t) {
        return Server::Reply{
            http_answer(200, R"({"ok":true,"result":{"message_id":1,"chat":{"id":-5}}})")};
    };
    EXPECT_TRUE(send(decide({"1", "2"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(told("message_not_recorded"), 2U);
    EXPECT_EQ(waiting(), 0U);
}

}  // namespace
}  // namespace tgstats
