#include "tgstats/store/outbox.h"

#include <gtest/gtest.h>

#include "tgstats/store/store_fixture.h"

namespace tgstats {
namespace {

using OutboxTest = StoreTest;

OutboxEntry entry(std::int64_t batch, const std::string& method) {
    return {.id = 0,
            .batch = batch,
            .chat_id = chat,
            .update_id = 41,
            .plugin = "words",
            .method = method,
            .params = R"({"text":"x"})",
            .created = 5,
            .sending = 0,
            .files = {}};
}

TEST_F(OutboxTest, KeepsCallsWithTheirBytesAcrossReopening) {
    const std::string bytes("\x89PNG\0\xff", 6);
    auto photo = entry(0, "sendPhoto");
    photo.files.push_back({"photo", "cloud.png", "image/png", bytes});
    const auto first = outbox_put(*store, photo);
    const auto second = outbox_put(*store, entry(first, "sendMessage"));
    outbox_begin(*store, second, 7);
    store.reset();
    reopen();
    const auto waiting = outbox_waiting(*store);
    ASSERT_EQ(waiting.size(), 2U);
    EXPECT_EQ(waiting[0].id, first);
    EXPECT_EQ(waiting[0].batch, first);
    EXPECT_EQ(waiting[1].batch, first);
    EXPECT_EQ(waiting[1].sending, 7);
    const auto whole = outbox_get(*store, first);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->params, R"({"text":"x"})");
    ASSERT_EQ(whole->files.size(), 1U);
    EXPECT_EQ(whole->files[0].bytes, bytes);
    EXPECT_EQ(whole->files[0].type, "image/png");
}

TEST_F(OutboxTest, RemovesOneOrABatchWithItsBytes) {
    auto photo = entry(0, "sendPhoto");
    photo.files.push_back({"photo", "a.png", "image/png", "1"});
    const auto first = outbox_put(*store, photo);
    outbox_put(*store, entry(first, "sendMessage"));
    const auto other = outbox_put(*store, entry(0, "sendMessage"));
    outbox_remove_batch(*store, first);
    ASSERT_EQ(outbox_waiting(*store).size(), 1U);
    auto files = store->database().prepare("SELECT COUNT(*) FROM outbox_files");
    ASSERT_TRUE(files.step());
    EXPECT_EQ(files.integer(0), 0);
    outbox_begin(*store, other, 9);
    outbox_put_back(*store, other);
    EXPECT_EQ(outbox_get(*store, other)->sending, 0);
    outbox_remove(*store, other);
    EXPECT_EQ(outbox_get(*store, other), std::nullopt);
}

TEST_F(OutboxTest, WhatWasLostWaitsNoLongerButMayHaveBeenSent) {
    const auto put = [&](std::int64_t sending) {
        auto one = entry(0, "sendMessage");
        one.sending = sending;
        return outbox_put(*store, one);
    };
    const auto sent_at = [&] {
        std::vector<std::int64_t> times;
        for (const auto& sent : sent_since(*store, 99, 900)) times.push_back(sent.at);
        return times;
    };
    const auto first = put(1'000), second = put(1'005);
    outbox_lose(*store, first, 940);
    ASSERT_EQ(outbox_waiting(*store).size(), 1U);
    EXPECT_EQ(outbox_waiting(*store)[0].id, second);
    EXPECT_EQ(sent_at(), (std::vector<std::int64_t>{1'000, 1'005}));
    EXPECT_EQ(outbox_get(*store, first)->params, "{}") << "what it said is nobody's affair now";
    EXPECT_TRUE(outbox_get(*store, first)->files.empty());
    outbox_remove_batch(*store, first);
    EXPECT_EQ(sent_at().size(), 2U) << "what was given up with it";
    outbox_lose(*store, second, 1'001);
    EXPECT_EQ(sent_at(), (std::vector<std::int64_t>{1'005}));
}

TEST_F(OutboxTest, KnowsWhatWasSentLately) {
    constexpr std::int64_t bot = 99;
    const auto said = [&](std::int64_t id, std::int64_t user_id, std::int64_t date,
                          std::int64_t edited = 0) {
        store->put_message({.chat_id = chat,
                            .message_id = id,
                            .user_id = user_id,
                            .date = date,
                            .edit_date = edited,
                            .text = "x"});
    };
    said(1, bot, 900);
    said(5, bot, 901, 1'012);
    said(6, bot, 1'013, 1'014);
    said(7, bot, 902, 903);
    said(8, 7, 904, 1'016);
    said(2, bot, 1'020);
    said(3, 7, 1'000);
    said(4, bot, 1'010);
    auto under_way = entry(0, "sendPhoto");
    under_way.sending = 1'015;
    outbox_put(*store, under_way);
    under_way.method = "editMessageText";
    under_way.sending = 1'017;
    outbox_put(*store, under_way);
    under_way.method = "copyMessage";
    under_way.sending = 1'018;
    outbox_put(*store, under_way);
    under_way.method = "deleteMessage";
    outbox_put(*store, under_way);
    outbox_put(*store, entry(0, "sendMessage"));
    std::vector<std::int64_t> messages, edits;
    for (const auto& [chat_id, at, edit] : sent_since(*store, bot, 1'000)) {
        EXPECT_EQ(chat_id, chat);
        (edit ? edits : messages).push_back(at);
    }
    EXPECT_EQ(messages, (std::vector<std::int64_t>{1'010, 1'013, 1'015, 1'018, 1'020}));
    EXPECT_EQ(edits, (std::vector<std::int64_t>{1'012, 1'014, 1'017}));
}

}  // namespace
}  // namespace tgstats
