#include "tgstats/settings/loss.h"

#include <gtest/gtest.h>

namespace tgstats {
namespace {

Loss of_texts(TextPreview texts) {
    return {.kept = Kept::text, .days = 30, .before = "2026-01-02", .texts = texts};
}

Loss of_rest(MetadataPreview rest) {
    return {.kept = Kept::metadata, .days = 30, .before = "2026-01-02", .rest = rest};
}

TEST(LossTest, EachKindIsNamedWithItsNumber) {
    EXPECT_EQ(loss_text(of_texts({.texts = {1'234},
                                  .captions = {1},
                                  .file_names = {2},
                                  .service_rows = {3},
                                  .updates = {1}})),
              "This goes from before 2026-01-02: the texts of <b>1,234</b> messages, <b>1</b> "
              "caption, <b>2</b> names of files, the words of <b>3</b> service messages and "
              "<b>1</b> update as it came.");
    EXPECT_EQ(
        loss_text(of_rest(
            {.messages = {2}, .reactions = {1}, .service_rows = {1}, .membership_changes = {5}})),
        "This goes from before 2026-01-02: <b>2</b> messages, <b>1</b> reaction, <b>1</b> "
        "service message and <b>5</b> changes of who is a member. What was counted stays in "
        "the statistics.");
}

TEST(LossTest, KindsOfWhichNothingGoesAreNotNamed) {
    EXPECT_EQ(loss_text(of_texts({.captions = {2}})),
              "This goes from before 2026-01-02: <b>2</b> captions.");
    EXPECT_TRUE(of_texts({}).nothing());
    EXPECT_TRUE(of_rest({.updates = {7}}).nothing());
    EXPECT_FALSE(of_texts({.file_names = {1}}).nothing());
    EXPECT_FALSE(of_texts({.service_rows = {1}}).nothing());
    EXPECT_FALSE(of_rest({.membership_changes = {1}}).nothing());
}

TEST(LossTest, WhatWasNotLookedAtIsSaid) {
    constexpr RowCount none{0, true};
    EXPECT_EQ(loss_text(of_texts({{1, true}, none, none, {}, {}})),
              "This goes from before 2026-01-02: the texts of at least <b>1</b> messages (only the "
              "newest 100,000 messages were looked at).");
    EXPECT_EQ(loss_text(of_texts({none, none, none, {}, {}})),
              "This goes from before 2026-01-02: what texts there are among more than 100,000.");
    EXPECT_EQ(
        loss_text(of_rest({.messages = {100'001, true}})),
        "This goes from before 2026-01-02: at least <b>100,000</b> messages. What was counted "
        "stays in the statistics.");
}

std::string buttons_of(const Page& page) {
    std::string all;
    for (const auto& row : page.rows)
        for (const auto& button : row) all += button.text + "=" + button.data + "\n";
    return all;
}

TEST(LossTest, ThePanelOffersToDeleteStoredTextsWhereNoneAreStoredAnyMore) {
    ChatView view;
    EXPECT_EQ(buttons_of(main_page(view)).find("s1:page:stored"), std::string::npos);
    view.settings.store_text = false;
    EXPECT_NE(buttons_of(main_page(view)).find("🗑 Delete the stored texts=s1:page:stored\n"),
              std::string::npos);
    const auto page = stored_texts_page({.texts = {.texts = {3}}});
    EXPECT_EQ(page.html,
              "<b>Delete the stored texts of this group?</b>\n\nThis goes: the texts of <b>3</b> "
              "messages. The messages stay counted. This cannot be undone.");
    EXPECT_EQ(buttons_of(page), "🗑 Delete them=s1:wipe\nCancel=s1:page:main\n");
}

}  // namespace
}  // namespace tgstats
