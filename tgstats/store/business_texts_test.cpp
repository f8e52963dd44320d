#include "tgstats/store/business_texts.h"

#include <gmock/gmock.h>

#include "tgstats/store/business.h"
#include "tgstats/store/chat_policy.h"
#include "tgstats/store/privacy.h"
#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class BusinessTextsTest : public StoreTest {
protected:
    static constexpr std::int64_t owner = 9, customer = 5, other = 6;

    BusinessTextsTest() { connect("c1", owner); }

    void connect(const std::string& id, std::int64_t user_id, bool enabled = true) {
        put_business_connection(
            *store, {.id = id, .user_id = user_id, .user_chat_id = user_id, .enabled = enabled});
    }
    // (whether texts are stored there, how many days)
    std::pair<bool, std::int64_t> kept(std::int64_t chat_id) {
        return {store->settings(chat_id).store_text, chat_policy(*store, chat_id).text_days};
    }
    // The chats whose texts are to go.
    std::vector<std::int64_t> going() {
        std::vector<std::int64_t> chats;
        auto row = store->database().prepare("SELECT chat_id FROM erasures WHERE kind='texts'");
        while (row.step()) chats.push_back(row.integer(0));
        return chats;
    }
};

TEST_F(BusinessTextsTest, NoneAreStoredUntilTheOwnerDecides) {
    const auto chat_id = open_business_chat(*store, "c1", customer);
    EXPECT_THAT(kept(chat_id), Pair(false, 0));
    EXPECT_FALSE(business_texts(*store, owner).stored);
    set_business_texts(*store, customer, {.stored = true, .days = 0});
    EXPECT_THAT(kept(chat_id), Pair(false, 0)) << "the customer is not whose account it is";
}

TEST_F(BusinessTextsTest, ADecisionIsForAllChatsAndForLaterOnes) {
    const auto before = open_business_chat(*store, "c1", customer);
    set_business_texts(*store, owner, {.stored = true, .days = 30});
    EXPECT_THAT(kept(before), Pair(true, 30));
    EXPECT_THAT(chats_with_retention(*store), ElementsAre(before));
    const auto later = open_business_chat(*store, "c1", other);
    EXPECT_THAT(kept(later), Pair(true, 30));
    EXPECT_THAT(business_chats_of(*store, owner), ElementsAre(before, later));
    set_business_texts(*store, owner, {.stored = false, .days = 0});
    EXPECT_THAT(kept(before), Pair(false, 0));
    EXPECT_THAT(kept(later), Pair(false, 0));
}

TEST_F(BusinessTextsTest, AnotherAccountHasAnOwnerOfItsOwn) {
    connect("c2", customer);
    const auto mine = open_business_chat(*store, "c1", customer);
    const auto theirs = open_business_chat(*store, "c2", owner);
    set_business_texts(*store, owner, {.stored = true, .days = 0});
    EXPECT_THAT(kept(mine), Pair(true, 0));
    EXPECT_THAT(kept(theirs), Pair(false, 0));
}

TEST_F(BusinessTextsTest, AnAccountThatIsConnectedAnewGoesOnAsDecided) {
    set_business_texts(*store, owner, {.stored = true, .days = 7});
    connect("c1", owner, false);
    EXPECT_FALSE(has_business_account(*store, owner));
    const auto early = open_business_chat(*store, "c2", customer);
    EXPECT_THAT(kept(early), Pair(false, 0)) << "nobody knows yet whose it is";
    connect("c2", owner);
    EXPECT_TRUE(has_business_account(*store, owner));
    EXPECT_THAT(kept(early), Pair(true, 7));
}

TEST_F(BusinessTextsTest, WhatTheOperatorForbidsHasToBeDecidedAnew) {
    const auto chat_id = open_business_chat(*store, "c1", customer);
    set_business_texts(*store, owner, {.stored = true, .days = 7});
    forbid_business_texts(*store);
    EXPECT_THAT(kept(chat_id), Pair(false, 7));
    EXPECT_THAT(kept(open_business_chat(*store, "c1", other)), Pair(false, 7));
    EXPECT_THAT(going(), IsEmpty());
}

TEST_F(BusinessTextsTest, TheTextsOfBothGoWithEitherOfThem) {
    const auto first = open_business_chat(*store, "c1", customer);
    const auto second = open_business_chat(*store, "c1", other);
    set_business_texts(*store, owner, {.stored = true, .days = 7});
    opt_out(*store, customer, chat, 1'000);
    EXPECT_THAT(going(), IsEmpty()) << "that is about a group";
    opt_out(*store, customer, everywhere, 1'000);
    EXPECT_THAT(going(), ElementsAre(first));
    EXPECT_TRUE(business_texts(*store, owner).stored);
    note_removal(*store, owner, everywhere, 1'000);
    EXPECT_THAT(going(), ElementsAre(first, second));
    EXPECT_FALSE(business_texts(*store, owner).stored);
    EXPECT_THAT(kept(second), Pair(false, 0));
    EXPECT_FALSE(store->database().prepare("SELECT 1 FROM business_accounts").step());
}

}  // namespace
}  // namespace tgstats
