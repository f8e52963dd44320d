#include "tgstats/telegram/update_poller.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tgstats/telegram/scripted_server_test.h"

namespace tgstats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr auto poller_test_deadline = std::chrono::seconds(120);
// Long enough for what answers at once, on a busy machine, too.
constexpr Millis stuck_margin{3'000};
constexpr const char* nothing_new = R"({"ok":true,"result":[]})";
constexpr const char* other_poller =
    R"({"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates)"
    R"( request; make sure that only one bot instance is running"})";
constexpr const char* webhook_set =
    R"({"ok":false,"error_code":409,"description":"Conflict: can't use getUpdates method while)"
    R"( webhook is active; use deleteWebhook to delete the webhook first"})";

class UpdatePollerTest : public testing::Test {
protected:
    UpdatePollerTest() : server(loop) {
        api_options.token = "123:secret";
        api_options.base_url =
            "http://127.0.0.1:" + std::to_string(server.acceptor.local_endpoint().port());
        server.tasks.spawn("accept", server.run());
        events.add_sink([this](const auto& event) { told.emplace_back(event.name()); });
    }

    // Polls until the request after those that `answers` has an answer for.
    void run_through(std::vector<Server::Reply> answers) {
        asio::cancellation_signal stop;
        server.answer = [&](std::size_t n) {
            if (n <= answers.size()) return answers[n - 1];
            asio::post(loop, [&] { stop.emit(asio::cancellation_type::terminal); });
            return Server::Reply{.silent = true};
        };
        BotApi api(loop.get_executor(), api_options);
        const DeliverUpdates deliver = [this](std::vector<Update> batch) {
            return take(std::move(batch));
        };
        UpdatePoller poller(api, events, deliver, options);
        bool done = false;
        asio::co_spawn(loop, poller.run(), asio::bind_cancellation_slot(stop.slot(), [&](auto) {
                           done = true;
                           server.close();
                       }));
        loop.run_for(poller_test_deadline);
        ASSERT_TRUE(done);
    }

    Task<void> take(std::vector<Update> batch) {
        for (const auto& update : batch)
            taken.push_back(std::to_string(update.update_id) + (update.fault.empty() ? "" : "!"));
        co_return;
    }

    asio::io_context loop;
    Server server;
    BotApiOptions api_options;
    std::vector<std::string> taken;  // "7", or "7!" with a fault
    PollerOptions options{.timeout_s = 0,
                          .margin = Millis(30'000),
                          .backoff_first = Millis(2),
                          .backoff_max = Millis(10),
                          .conflict_pause = Millis(2)};
    hotreload::EventLog events{loop.get_executor()};
    std::vector<std::string> told;
};

// The first connection is kept, then says nothing more, as one does whose path has been cut.
TEST_F(UpdatePollerTest, AStuckConnectionIsReplaced) {
    options.margin = stuck_margin;
    run_through(
        {{http_answer(200, nothing_new)}, {.silent = true}, {http_answer(200, nothing_new)}});
    EXPECT_EQ(server.connections, 2);
    EXPECT_THAT(told, ElementsAre("telegram_poll_failed", "telegram_poll_recovered"));
}

TEST_F(UpdatePollerTest, BytesThatComeTooSlowlyEndThePollToo) {
    options.margin = stuck_margin;
    run_through(
        {{http_answer(200, std::string(4'000, ' ')), Millis(20)}, {http_answer(200, nothing_new)}});
    EXPECT_EQ(server.connections, 2);
    EXPECT_THAT(told, ElementsAre("telegram_poll_failed", "telegram_poll_recovered"));
}

TEST_F(UpdatePollerTest, AnotherPollerIsToldOfOnceAndWaitedFor) {
    run_through({{http_answer(409, other_poller)},
                 {http_answer(409, other_poller)},
                 {http_answer(409, other_poller)},
                 {http_answer(200, nothing_new)},
                 {http_answer(409, other_poller)},
                 {http_answer(200, nothing_new)}});
    EXPECT_THAT(told, ElementsAre("telegram_poll_conflict", "telegram_poll_recovered"));
}

TEST_F(UpdatePollerTest, AWebhookInTheWayIsRemoved) {
    run_through({{http_answer(409, webhook_set)},
                 {http_answer(200, R"({"ok":true,"result":true})")},
                 {http_answer(200, nothing_new)}});
    EXPECT_THAT(server.requests[0], HasSubstr("/getUpdates"));
    EXPECT_THAT(server.requests[1], HasSubstr("/deleteWebhook"));
    EXPECT_THAT(server.requests[1], Not(HasSubstr("drop_pending_updates")));
    EXPECT_THAT(server.requests[2], HasSubstr("/getUpdates"));
    EXPECT_THAT(told, ElementsAre("telegram_webhook_removed", "telegram_poll_recovered"));
}

TEST_F(UpdatePollerTest, AnIdThatNoUpdateHasDoesNotHideTheNextOnes) {
    run_through(
        {{http_answer(200, R"({"ok":true,"result":[{"update_id":7},)"
                           R"({"update_id":9223372036854775807}]})")},
         {http_answer(200, R"({"ok":true,"result":[{"update_id":9223372036854775807}]})")}});
    EXPECT_THAT(server.requests[1], HasSubstr("\"offset\":8"));
    EXPECT_THAT(server.requests[2], HasSubstr("\"offset\":8"));
}

TEST_F(UpdatePollerTest, AnUpdateThatCannotBeReadKeepsNoOtherBack) {
    const auto deep = std::string(300, '[') + std::string(300, ']');
    run_through({{http_answer(200, R"({"ok":true,"result":[{"update_id":1},)"
                                   R"({"update_id":2,"x":1e999},{"update_id":3,"x":)" +
                                       deep +
                                       R"(},{"update_id":4,"x":"\ud800"},)"
                                       "{\"update_id\":5,\"x\":\"\xff\"},"
                                       R"({"x":1},{"update_id":6}]})")},
                 {http_answer(200, R"({"ok":true,"result":[{"update_id":7,"x":[[}]})")},
                 {http_answer(200, nothing_new)}});
    EXPECT_THAT(taken, ElementsAre("1", "2!", "3!", "4!", "5!", "6"));
    EXPECT_THAT(server.requests[1], HasSubstr("\"offset\":7"));
    EXPECT_THAT(told, ElementsAre("telegram_update_malformed", "telegram_poll_failed",
                                  "telegram_poll_recovered"));
}

TEST_F(UpdatePollerTest, EveryKindOfAnswerThatIsNoneIsSurvived) {
    run_through({{http_answer(502, "<html>Bad Gateway</html>")},
                 {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":tr"},
                 {.reset = true},
                 {http_answer(200, R"({"ok":true,"result":{}})")},
                 {http_answer(200, R"({"ok":true})")},
                 {http_answer(200, nothing_new)}});
    EXPECT_EQ(told.back(), "telegram_poll_recovered");
    EXPECT_THAT(std::vector(told.begin(), told.end() - 1), testing::Each("telegram_poll_failed"));
}

TEST(BackoffTest, GrowsWithinItsBoundsAndStartsAnew) {
    Backoff backoff(Millis(100), Millis(1'000));
    for (const auto full : {100, 200, 400, 800, 1'000, 1'000, 1'000}) {
        const auto pause = backoff.next();
        EXPECT_GE(pause, Millis(full / 2));
        EXPECT_LE(pause, Millis(full));
    }
    for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.next(), Millis(1'000));
    backoff.reset();
    EXPECT_LE(backoff.next(), Millis(100));
}

}  // namespace
}  // namespace tgstats
