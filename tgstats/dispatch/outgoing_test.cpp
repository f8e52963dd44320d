#include "tgstats/dispatch/outgoing_fixture.h"

namespace tgstats {
namespace {

ApiError api_error(int code) {
    ApiError error;
    error.kind = ApiError::Kind::api;
    error.error_code = code;
    return error;
}

TEST(FateTest, WhatTelegramRefusedGoesOutAgainOnlyWhereItAsksFor) {
    using Kind = Fate::Kind;
    EXPECT_EQ(fate_of(api_error(400), "sendMessage", 1, Millis{0}).kind, Kind::refused);
    auto later = api_error(429);
    later.retry_after_s = 3;
    EXPECT_EQ(fate_of(later, "sendMessage", 1, Millis{0}).kind, Kind::again);
    EXPECT_EQ(fate_of(later, "sendMessage", 1, Millis{0}).pause, Millis{3'000});
    EXPECT_EQ(fate_of(later, "sendMessage", send_attempts_max, Millis{0}).kind, Kind::again);
    EXPECT_EQ(fate_of(later, "sendMessage", 1, send_age_max - Millis{2'000}).kind, Kind::refused);
    later.retry_after_s = 3'600;
    EXPECT_EQ(fate_of(later, "sendMessage", 1, Millis{0}).kind, Kind::refused);
    EXPECT_EQ(fate_of(api_error(500), "sendMessage", 1, Millis{0}).kind, Kind::again);
}

TEST(FateTest, WhatMayHaveBeenTakenIsNotRepeatedWherePeopleWouldSeeIt) {
    using Kind = Fate::Kind;
    const ApiError lost;  // a network error
    EXPECT_EQ(fate_of(lost, "sendMessage", 1, Millis{0}).kind, Kind::unknown);
    EXPECT_EQ(fate_of(lost, "forwardMessage", 1, Millis{0}).kind, Kind::unknown);
    EXPECT_EQ(fate_of(api_error(502), "sendPhoto", 1, Millis{0}).kind, Kind::unknown);
    EXPECT_EQ(fate_of(lost, "editMessageText", 1, Millis{0}).kind, Kind::again);
    EXPECT_EQ(fate_of(lost, "setMessageReaction", 1, Millis{0}).kind, Kind::again);
    ApiError unsent;
    unsent.not_sent = true;
    EXPECT_EQ(fate_of(unsent, "sendMessage", 99, Millis{0}).kind, Kind::again);
    EXPECT_EQ(fate_of(unsent, "sendMessage", 99, send_age_max).kind, Kind::refused);
}

TEST_F(OutgoingTest, GoesOutInOrderAndIsForgotten) {
    EXPECT_TRUE(send(decide({"1", "2", "3"})));
    EXPECT_TRUE(send(decide({"4"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"1", "2", "3", "4"}));
    EXPECT_EQ(waiting(), 0U);
}

// No update tells a bot of what it deletes itself.
TEST_F(OutgoingTest, WhatItDeletesIsRecordedAsGone) {
    auto decision = decide({});
    decision.effects = {{"deleteMessage", {{"chat_id", -5}, {"message_id", 7}}, {}},
                        {"deleteMessages", {{"chat_id", -5}, {"message_ids", {8, 9}}}, {}}};
    EXPECT_TRUE(send(std::move(decision)));
    auto work = [](Store& opened) {
        auto rows = opened.database().prepare("SELECT message_id FROM deletions WHERE chat_id=-5");
        std::vector<std::int64_t> ids;
        while (rows.step()) ids.push_back(rows.integer(0));
        return ids;
    };
    EXPECT_EQ(run_to_end(loop, store->run(work)), (std::vector<std::int64_t>{7, 8, 9}));
}

TEST_F(OutgoingTest, EffectsStateAndMoreAreOneTransaction) {
    auto decision = decide({"never"});
    decision.changes = {{"count", 1}};
    decision.also = [](Store& opened) -> Result<void, StateError> {
        opened.put_chat({-5, "group", "T", "", false});
        return StateError{"no"};
    };
    EXPECT_FALSE(send(std::move(decision)));
    EXPECT_EQ(waiting(), 0U);
    auto work = [](Store& opened) { return read_state(opened, "words").values.size(); };
    EXPECT_EQ(run_to_end(loop, store->run(work)), 0U);
    auto chats = [](Store& opened) { return opened.chat_ids().size(); };
    EXPECT_EQ(run_to_end(loop, store->run(chats)), 0U);
    EXPECT_TRUE(send(decide({"after"})));
    EXPECT_EQ(texts(), std::vector<std::string>{"after"});
}

TEST_F(OutgoingTest, WhatBreaksOffIsNotRepeatedAndTold) {
    server.answer = [](std::size_t n) {
        return n == 1 ? Server::Reply{.bytes = {}, .reset = true} : ok();
    };
    EXPECT_FALSE(send(decide({"1", "2"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(told("effect_unknown"), 1U);
    EXPECT_EQ(waiting(), 0U);
}

// The answer to an edit that was made before the bot was killed.
TEST_F(OutgoingTest, AnEditThatIsMadeAlreadyIsWell) {
    server.answer = [](std::size_t n) {
        if (n != 1) return ok();
        return Server::Reply{http_answer(
            400,
            R"({"ok":false,"error_code":400,"description":"Bad Request: message is not modified: )"
            R"(specified new message content and reply markup are exactly the same"})")};
    };
    auto decision = decide({"after"});
    const json::object edit{{"chat_id", -5}, {"message_id", 7}, {"text", "so"}};
    decision.effects.insert(decision.effects.begin(), {"editMessageText", edit, {}});
    EXPECT_TRUE(send(std::move(decision)));
    EXPECT_EQ(texts(), (std::vector<std::string>{"so", "after"}));
    EXPECT_EQ(told("effect_failed"), 0U);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OutgoingTest, WhatIsRefusedEndsItsBatch) {
    server.answer = [](std::size_t n) {
        return n == 1 ? Server::Reply{http_answer(400, R"({"ok":false,"error_code":400})")} : ok();
    };
    EXPECT_FALSE(send(decide({"1", "2"})));
    EXPECT_TRUE(send(decide({"3"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"1", "3"}));
    EXPECT_EQ(told("effect_failed"), 1U);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OutgoingTest, FollowsAGroupThatHasBecomeASupergroup) {
    const std::string moved =
        R"({"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1009}})";
    server.answer = [moved](std::size_t n) {
        return n == 1 ? Server::Reply{http_answer(400, moved)} : ok();
    };
    EXPECT_TRUE(send(decide({"1"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"1", "1"}));
    EXPECT_NE(server.requests.back().find("-1009"), std::string::npos);
    auto now = [](Store& opened) { return opened.current_chat_id(-5); };
    EXPECT_EQ(run_to_end(loop, store->run(now)), -1009);
}

// The new group has a message of that number, too: somebody else's.
TEST_F(OutgoingTest, DeletesNothingInTheGroupThatFollows) {
    const std::string moved =
        R"({"ok":false,"error_code":400,"parameters":{"migrate_to_chat_id":-1009}})";
    server.answer = [moved](std::size_t) { return Server::Reply{http_answer(400, moved)}; };
    auto decision = decide({});
    decision.effects = {{"deleteMessage", {{"chat_id", -5}, {"message_id", 7}}, {}}};
    EXPECT_FALSE(send(std::move(decision)));
    EXPECT_EQ(server.requests.size(), 1U);
    EXPECT_EQ(told("effect_failed"), 1U);
}

TEST_F(OutgoingTest, WhatIsLeftGoesOutFirstButForWhatWasUnderWay) {
    leave("left 1", false);
    leave("under way", true);
    leave("left 2", false);
    start();
    run_to_end(loop, outgoing->resume());
    EXPECT_TRUE(send(decide({"new"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"left 1", "left 2", "new"}));
    EXPECT_EQ(told("effect_unknown"), 1U);
    EXPECT_EQ(waiting(), 0U);
}

// What is months old answers a question that nobody remembers.
TEST_F(OutgoingTest, WhatIsLeftForTooLongDoesNotGoOut) {
    leave("old", false, send_age_max + Millis{60'000});
    leave("new", false, send_age_max - Millis{600'000});
    leave("old and under way", true, send_age_max + Millis{60'000});
    start();
    run_to_end(loop, outgoing->resume());
    EXPECT_TRUE(send(decide({"last"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"new", "last"}));
    EXPECT_EQ(told("effect_failed"), 1U);
    EXPECT_EQ(told("effect_unknown"), 1U);
    EXPECT_EQ(waiting(), 0U);
}

// What the end of the bot finds waiting for the limits has certainly not been sent.
TEST_F(OutgoingTest, WhatWaitsForTheLimitsIsNotUnderWay) {
    limited = true;
    start();
    const auto in_store = [this](auto wanted) {
        auto work = [](Store& opened) { return outbox_waiting(opened); };
        const auto entries = run_to_end(loop, store->run(work));
        return std::ranges::count_if(entries, wanted);
    };
    const auto all = [](const OutboxEntry&) { return true; };
    const auto under_way = [](const OutboxEntry& entry) { return entry.sending != 0; };
    const auto allowed = static_cast<std::ptrdiff_t>(rate_of_group.messages);
    EXPECT_TRUE(send(decide(std::vector<std::string>(rate_of_group.messages, "first"))));
    auto last = run_to_end(loop, outgoing->keep(decide({"last"})));
    EXPECT_TRUE(last.has_value());
    const auto deadline = hotreload::deadline_after(sending_deadline);
    for (loop.restart(); gate->waiting() == 0 && loop.run_one_until(deadline) > 0;) {
    }
    EXPECT_EQ(gate->waiting(), 1U);
    EXPECT_EQ(in_store(all), 1);
    EXPECT_EQ(in_store(under_way), 0);
    EXPECT_EQ(std::ssize(server.requests), allowed);
    EXPECT_FALSE(run_to_end(loop, outgoing->finish(Millis{1})));  // ends while it waits
    start();
    EXPECT_EQ(told("effect_unknown"), 0U);
    run_to_end(loop, outgoing->resume());
    EXPECT_TRUE(send(decide({"new"})));
    const auto seen = texts();
    EXPECT_EQ(std::vector(seen.end() - 2, seen.end()), (std::vector<std::string>{"last", "new"}));
}

TEST_F(OutgoingTest, EditsOfTheLastRunCountForTheLimits) {
    constexpr std::int64_t bot = 99, chat = -5;
    limited = true;
    start();
    auto work = [](Store& opened) {
        const auto now = hotreload::unix_now();
        opened.put_chat({.id = chat, .type = "supergroup", .title = "T"});
        for (std::int64_t id = 1; id <= std::int64_t{rate_of_edits.messages}; ++id)
            opened.put_message({.chat_id = chat,
                                .message_id = id,
                                .user_id = bot,
                                .date = now - 1'000,
                                .edit_date = now,
                                .text = "x"});
    };
    run_to_end(loop, store->run(work));
    const Sending edit{Sending::Kind::edit, chat, 1};
    run_to_end(loop, sender->remember_sent(bot));
    EXPECT_FALSE(gate->try_pass(edit, true));
    EXPECT_TRUE(gate->try_pass({Sending::Kind::message, chat, 1}, true));
}

TEST_F(OutgoingTest, MarkupThatIsRefusedIsLeftOutOnce) {
    const auto* refusal =
        R"({"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: x"})";
    server.answer = [refusal](std::size_t n) {
        return n == 2 ? ok() : Server::Reply{http_answer(400, refusal)};
    };
    auto decision = decide({"a <b>c"});
    decision.effects.front().params["parse_mode"] = "HTML";
    EXPECT_TRUE(send(decision));
    EXPECT_EQ(texts(), (std::vector<std::string>{"a <b>c", "a c"}));
    EXPECT_EQ(told("effect_changed"), 1U);
    EXPECT_FALSE(send(decision));
    EXPECT_EQ(server.requests.size(), 4U);
    EXPECT_EQ(waiting(), 0U);
}

TEST_F(OutgoingTest, LongTextsAreKeptInPieces) {
    EXPECT_TRUE(send(decide({std::string(5'000, 'x'), "end"})));
    EXPECT_EQ(texts(),
              (std::vector<std::string>{std::string(4'096, 'x'), std::string(904, 'x'), "end"}));
}

TEST_F(OutgoingTest, RetryAfterIsWaitedFor) {
    const auto* later =
        R"({"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":1}})";
    server.answer = [later](std::size_t n) {
        return n == 1 ? Server::Reply{http_answer(429, later)} : ok();
    };
    const hotreload::Stopwatch watch;
    EXPECT_TRUE(send(decide({"1", "2"})));
    EXPECT_EQ(texts(), (std::vector<std::string>{"1", "1", "2"}));
    EXPECT_GE(watch.total(), std::chrono::seconds(1));
}

}  // namespace
}  // namespace tgstats
