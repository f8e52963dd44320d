// That nothing names a person any more who had everything about them deleted: every table and
// column of the schema is looked at, so that one that is added cannot be forgotten.

#include "tgstats/store/journal.h"
#include "tgstats/store/names_person.h"
#include "tgstats/store/person_fixture.h"
#include "tgstats/store/privacy.h"
#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

constexpr std::int64_t somebody = 7'000'007;

// What still has the person's number, and why.
const std::map<std::string, std::string> stays{
    {"forgotten.user_id", "so that no import brings back what is older"},
    {"forgotten.chat_id", "the same, of the private chat"},
    {"opted_out.user_id", "their own wish, which still holds"},
    {"opted_out.chat_id", "the same, of the private chat"},
    {"business_chats.chat_id", "no person has the number of such a chat"},
    {"chats.id", "the private chat's number; its name has gone"},
    {"journal.chat_id", "so that no update is taken twice; it goes after days"},
    {"outbox.chat_id", "what is about to be said to them; it goes within an hour"},
    {"outbox.params", "the same"},
    {"outbox_files.entry", "the same"},
};

class PrivacySchemaTest : public StoreTest {
protected:
    bool has(const std::string& table, const std::string& condition) {
        auto statement = store->database().prepare("SELECT 1 FROM " + table + " WHERE " +
                                                   condition + " LIMIT 1");
        return statement.bind(somebody).step();
    }
};

TEST_F(PrivacySchemaTest, NoColumnOfAnyTableNamesWhoWasForgotten) {
    const FilledStore filled(*store, somebody);
    ASSERT_GT(filled.rows.size(), 40U);
    note_removal(*store, somebody, everywhere, filled_until);
    erase_all();
    for (const auto& [table, by, values] : filled.rows) {
        const auto json = names_people_in_json(table, by);
        const auto names = json ? names_person(by, "?1") : by + "=?1";
        EXPECT_TRUE(stays.contains(table + "." + by) || !has(table, names)) << table << "." << by;
    }
    EXPECT_FALSE(has("chats", "id=?1 AND (title<>'' OR username<>'')"));
    EXPECT_FALSE(has("journal", "body<>'' AND ?1<>0"));
}

// Rows that go with a message or are nobody's then: no word of theirs is anywhere.
TEST_F(PrivacySchemaTest, NoTextOfRowsThatWereTheirsIsAnywhere) {
    const FilledStore filled(*store, somebody);
    note_removal(*store, somebody, everywhere, filled_until);
    erase_all();
    std::size_t looked_at = 0;
    for (const auto& [table, by, values] : filled.rows) {
        const bool theirs = by == "user_id" || by == "message_id" || by == "chat_id";
        if (!theirs || stays.contains(table + "." + by)) continue;
        for (const auto& [column, value] : values)
            if (const auto* text = value.if_string(); text != nullptr && text->size() > 8) {
                ++looked_at;
                auto found = store->database().prepare("SELECT 1 FROM " + table + " WHERE " +
                                                       column + "=?1");
                EXPECT_FALSE(found.bind(std::string(*text)).step()) << table << ": " << *text;
            }
    }
    EXPECT_GT(looked_at, 30U);
}

TEST_F(PrivacySchemaTest, UpdatesOfNoChatGoAsWell) {
    const FilledStore filled(*store, somebody);
    store->database().execute("UPDATE journal SET chat_id=0");
    ASSERT_TRUE(has("journal", names_person("body", "?1")));
    note_removal(*store, somebody, everywhere, filled_until);
    erase_all();
    EXPECT_FALSE(has("journal", names_person("body", "?1")));
    EXPECT_TRUE(has("journal", "body<>'' AND ?1<>0")) << "what names nobody stays";
}

// An update that is not dealt with yet is needed until it is.
TEST_F(PrivacySchemaTest, AnUpdateThatWaitsIsBlankOnceItIsDealtWith) {
    FilledStore filled(*store, somebody);
    store->database().execute("UPDATE journal SET handled=0");
    note_removal(*store, somebody, everywhere, filled_until);
    erase_all();
    EXPECT_TRUE(has("journal", "body<>'' AND kind='private' AND ?1<>0"));
    std::vector<std::int64_t> waiting;
    {
        auto updates = store->database().prepare("SELECT update_id FROM journal");
        while (updates.step()) waiting.push_back(updates.integer(0));
    }
    for (const auto update : waiting) journal_mark_handled(*store, update);
    EXPECT_FALSE(has("journal", names_person("body", "?1")));
}

}  // namespace
}  // namespace tgstats
