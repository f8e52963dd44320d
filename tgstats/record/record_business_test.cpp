#include <algorithm>

#include <gtest/gtest.h>

#include "tgstats/record/record_fixture.h"
#include "tgstats/store/business.h"
#include "tgstats/store/business_texts.h"
#include "tgstats/store/journal.h"
#include "tgstats/store/privacy.h"
#include "tgstats/telegram/update.h"

namespace tgstats {
namespace {

constexpr std::int64_t owner = 9, customer = 5;

// The chat of the account c1 with the customer: named by the customer, whoever writes.
std::string business(int update, int id, int user, const std::string& more) {
    auto made = in_chat(message(update, id, user, more),
                        R"("business_connection_id":"c1",)"
                        R"("chat":{"id":5,"type":"private","first_name":"U5"})");
    return as_kind(made, "business_message");
}
// The same by another connection.
std::string by(const std::string& connection, std::string update) {
    return update.replace(update.find("c1"), 2, connection);
}

std::string connection(int update, const std::string& id, bool enabled = true) {
    return R"({"update_id":)" + std::to_string(update) + R"(,"business_connection":{"id":")" + id +
           R"(","user":{"id":9,"is_bot":false,"first_name":"Owner"},"user_chat_id":9,)" +
           R"("date":1790000000,"rights":{"can_reply":true},"is_enabled":)" +
           (enabled ? "true" : "false") + "}}";
}

std::string deleted(int update, const std::string& connection, const std::string& ids) {
    return R"({"update_id":)" + std::to_string(update) +
           R"(,"deleted_business_messages":{"business_connection_id":")" + connection +
           R"(","chat":{"id":5,"type":"private","first_name":"U5"},"message_ids":[)" + ids + "]}}";
}

class BusinessTest : public RecordTest {
protected:
    std::int64_t place(const std::string& id) {
        return business_chat(*store, id, customer).value_or(0);
    }
    void store_texts(std::int64_t chat_id) {
        auto settings = store->settings(chat_id);
        settings.store_text = true;
        ASSERT_TRUE(store->set_settings(chat_id, settings));
    }
};

TEST_F(BusinessTest, ConnectionsAreKept) {
    record(connection(1, "c1"));
    const auto kept = business_connection(*store, "c1");
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->user_id, owner);
    EXPECT_EQ(kept->user_chat_id, owner);
    EXPECT_EQ(kept->date, 1'790'000'000);
    EXPECT_TRUE(kept->enabled);
    EXPECT_EQ(kept->rights, R"({"can_reply":true})");
    EXPECT_EQ(store->user(owner)->first_name, "Owner");
    record(connection(2, "c1", false));
    EXPECT_FALSE(business_connection(*store, "c1")->enabled);
    EXPECT_FALSE(business_connection(*store, "c2"));
}

TEST_F(BusinessTest, MessagesEditsAndDeletionsAreMissed) {
    record(connection(1, "c1"));
    record(business(2, 1, customer, R"("text":"hello")"));
    record(business(3, 2, owner,
                    R"("text":"well","sender_business_bot":{"id":77,)"
                    R"("is_bot":true,"first_name":"B","username":"helper"})"));
    const auto chat_id = place("c1");
    ASSERT_LT(chat_id, business_chats_end);
    EXPECT_EQ(store->message(chat_id, 1)->user_id, customer);
    EXPECT_EQ(store->message(chat_id, 2)->user_id, owner);
    EXPECT_EQ(store->message(chat_id, 2)->via_bot, "helper");
    EXPECT_EQ(store->summary(chat_id)->messages, 2);
    record(as_kind(business(4, 1, customer, R"("edit_date":1790000050,"text":"hello again")"),
                   "edited_business_message"));
    EXPECT_EQ(store->message(chat_id, 1)->length, 11);
    EXPECT_EQ(store->message(chat_id, 1)->edit_date, 1'790'000'050);
    record(deleted(5, "c1", "1,40"));
    EXPECT_FALSE(store->message(chat_id, 1));
    EXPECT_TRUE(store->message(chat_id, 2));
    EXPECT_EQ(store->summary(chat_id)->messages, 1);
    record(as_kind(business(6, 1, customer, R"("edit_date":1790000060,"text":"late")"),
                   "edited_business_message"));
    EXPECT_FALSE(store->message(chat_id, 1)) << "an edit does not bring it back";
    EXPECT_EQ(text_of("SELECT CAST(date AS TEXT) FROM deletions WHERE message_id=40"), "1000");
}

// Three chats of the same person, each with a message 1.
TEST_F(BusinessTest, ChatsOfOnePersonAreMixedUp) {
    record(connection(1, "c1"));
    record(R"({"update_id":2,"business_connection":{"id":"other","user":{"id":8,"is_bot":false,)"
           R"("first_name":"Other"},"user_chat_id":8,"date":1,"is_enabled":true}})");
    record(business(3, 1, customer, R"("text":"to the account")"));
    record(by("other", business(4, 1, customer, R"("text":"to the other account")")));
    record(in_chat(message(5, 1, customer, R"("text":"to the bot")"),
                   R"("chat":{"id":5,"type":"private","first_name":"U5"})"));
    EXPECT_NE(place("c1"), place("other"));
    record(deleted(6, "c1", "1"));
    EXPECT_FALSE(store->message(place("c1"), 1));
    EXPECT_TRUE(store->message(place("other"), 1));
    EXPECT_EQ(store->message(customer, 1)->text, "to the bot");
}

TEST_F(BusinessTest, AnAccountThatIsConnectedAnewGoesOn) {
    record(business(1, 1, customer, R"("text":"before it was known whose it is")"));
    record(connection(2, "c1"));
    record(connection(3, "c1", false));
    record(connection(4, "c2"));
    record(deleted(5, "c2", "1"));
    EXPECT_FALSE(store->message(place("c1"), 1));
    record(by("c2", business(6, 2, customer, R"("text":"after")")));
    EXPECT_EQ(place("c1"), place("c2"));
    EXPECT_EQ(count("chats"), 1);
}

TEST_F(BusinessTest, TextIsStoredWhereNobodySaidSo) {
    record(business(1, 1, customer, R"("text":"secret")"));
    EXPECT_EQ(store->message(place("c1"), 1)->text, "");
    EXPECT_EQ(store->message(place("c1"), 1)->length, 6);
    EXPECT_EQ(count("journal WHERE body<>''"), 0);
    store_texts(place("c1"));
    record(business(2, 2, customer, R"("text":"not secret")"));
    EXPECT_EQ(store->message(place("c1"), 2)->text, "not secret");
    EXPECT_EQ(count("journal WHERE body<>''"), 0) << "handled, and no reader gets them";
}

TEST_F(BusinessTest, TextIsStoredWhereTheOwnerSaysSo) {
    record(connection(1, "c1"));
    record(business(2, 1, customer, R"("text":"before")"));
    set_business_texts(*store, owner, {.stored = true, .days = 30});
    record(business(3, 2, customer, R"("text":"after")"));
    record(business(4, 3, owner, R"("text":"mine")"));
    const auto chat_id = place("c1");
    EXPECT_EQ(store->message(chat_id, 1)->text, "");
    EXPECT_EQ(store->message(chat_id, 2)->text, "after");
    EXPECT_EQ(store->message(chat_id, 3)->text, "mine");
    EXPECT_EQ(count("journal WHERE body<>''"), 0);
    record(as_kind(business(5, 2, customer, R"("edit_date":1790000050,"text":"again")"),
                   "edited_business_message"));
    EXPECT_EQ(store->message(chat_id, 2)->text, "again");
    set_business_texts(*store, owner, {.stored = false, .days = 30});
    record(business(6, 4, customer, R"("text":"later")"));
    EXPECT_EQ(store->message(chat_id, 4)->text, "");
}

TEST_F(BusinessTest, NobodyWritesThere) {
    record(business(1, 1, customer,
                    R"("text":"/help","entities":[{"type":"bot_command",)"
                    R"("offset":0,"length":5}])"));
    EXPECT_TRUE(journal_unhandled(*store, 10).empty());
    EXPECT_TRUE(store->chat_ids().empty());
    EXPECT_EQ(store->known_chat_ids(), std::vector{place("c1")});
    EXPECT_EQ(store->chat(place("c1"))->title, "") << "it would be the customer's name";
}

TEST_F(BusinessTest, MalformedOnesAndUnknownDeletionsLeaveNothing) {
    record(deleted(1, "c1", "1"));
    record(R"({"update_id":2,"business_message":{"message_id":1,"date":1,"text":"x",)"
           R"("chat":{"id":5,"type":"private"}}})");
    record(R"({"update_id":3,"business_message":{"business_connection_id":"c1","date":1}})");
    record(R"({"update_id":4,"business_connection":{"id":"c1"}})");
    record(R"({"update_id":5,"deleted_business_messages":{"business_connection_id":"c1"}})");
    EXPECT_EQ(count("chats") + count("messages") + count("deletions"), 0);
    EXPECT_EQ(count("business_connections") + count("business_chats"), 0);
    EXPECT_EQ(count("journal"), 5) << "known, so that none comes twice";
}

TEST_F(BusinessTest, WhoIsForgottenLeavesNoTrace) {
    record(connection(1, "c1"));
    record(business(2, 1, customer, R"("text":"x")"));
    record(business(3, 2, owner, R"("text":"y")"));
    const auto chat_id = place("c1");
    const auto forget = [&](std::int64_t user_id) {
        note_removal(*store, user_id, everywhere, 1'800'000'000);
        while (const auto next = next_erasure(*store)) {
            ErasureRun run{.erasure = *next};
            while (!run.done) erase_step(*store, run);
        }
    };
    forget(customer);
    EXPECT_EQ(count("users WHERE id=5") + count("messages WHERE user_id=5"), 0);
    EXPECT_EQ(count("business_chats"), 0) << "it names the customer";
    EXPECT_TRUE(store->message(chat_id, 2));
    EXPECT_TRUE(business_connection(*store, "c1"));
    forget(owner);
    EXPECT_EQ(count("business_connections") + count("users"), 0);
}

TEST(Business, KindsAreAskedForAndParsed) {
    const auto names = allowed_updates();
    for (const char* name : {"business_connection", "business_message", "edited_business_message",
                             "deleted_business_messages"}) {
        EXPECT_NE(std::find(names.begin(), names.end(), json::value(name)), names.end()) << name;
        json::object raw{{"update_id", 1}};
        raw[name] = json::object{{"message_id", 3}, {"chat", {{"id", 5}, {"type", "private"}}}};
        const auto update = parse_update(std::move(raw));
        ASSERT_TRUE(update);
        EXPECT_EQ(to_string(update->kind), name);
        EXPECT_TRUE(is_business(update->kind));
        EXPECT_EQ(update->chat_id, 5);
        EXPECT_EQ(update->message.has_value(), std::string_view(name).ends_with("_message"));
    }
    EXPECT_FALSE(is_business(UpdateKind::message));
}

}  // namespace
}  // namespace tgstats
