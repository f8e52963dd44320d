#include "tgstats/telegram/webhook.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tgstats/telegram/scripted_server_test.h"

namespace tgstats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr auto webhook_test_deadline = std::chrono::seconds(120);
constexpr const char* header = "X-Telegram-Bot-Api-Secret-Token";
constexpr const char* update =
    R"({"update_id":7,"message":{"message_id":1,"date":5,"chat":{"id":-3,"type":"group"}}})";

class WebhookReceiverTest : public testing::Test {
protected:
    WebhookReceiverTest() {
        events.add_sink([this](const auto& event) { told.emplace_back(event.name()); });
        receiver.mount(router);
        receiver.open();
    }

    http::Response post(std::string body, std::optional<std::string> secret) {
        http::Request request;
        request.method = "POST";
        request.path = webhook_path;
        request.headers.add("Host", "bot.example.org");  // the proxy's name: fine for this route
        if (secret) request.headers.add(header, *secret);
        request.body = std::move(body);
        auto answer = asio::co_spawn(loop, router.handle(std::move(request)), asio::use_future);
        loop.restart();
        loop.run_for(webhook_test_deadline);
        return answer.get();
    }

    Task<void> take(std::vector<Update> batch) {
        if (!fault.empty()) throw std::runtime_error(fault);
        for (const auto& one : batch) taken.push_back(one.update_id);
        for (const auto& one : batch) faults.push_back(one.fault);
        co_return;
    }

    asio::io_context loop;
    hotreload::EventLog events{loop.get_executor()};
    std::vector<std::string> told;
    std::vector<std::int64_t> taken;
    std::vector<std::string> faults;  // of what was taken
    std::string fault;
    http::Router router{http::HostCheck("127.0.0.1:8080")};
    WebhookReceiver receiver{
        loop.get_executor(),
        {.secret = "s3cret",
         .deliver = [this](std::vector<Update> b) { return take(std::move(b)); },
         .events = events}};
};

TEST_F(WebhookReceiverTest, TakesAnUpdateOfWhoKnowsTheSecret) {
    EXPECT_EQ(post(update, "s3cret").status, 200);
    EXPECT_THAT(taken, ElementsAre(7));
    EXPECT_THAT(told, ElementsAre());
}

TEST_F(WebhookReceiverTest, StrangersAreRefusedAndToldOfOnce) {
    for (const auto& secret :
         {std::optional<std::string>(), std::optional<std::string>(""),
          std::optional<std::string>("s3cre"), std::optional<std::string>("s3creT"),
          std::optional<std::string>("s3cret2")})
        EXPECT_EQ(post(update, secret).status, 403);
    EXPECT_THAT(taken, ElementsAre());
    EXPECT_THAT(told, ElementsAre("webhook_refused"));
}

TEST_F(WebhookReceiverTest, WhatIsNotDurableIsNotTaken) {
    fault = "disk full";
    EXPECT_EQ(post(update, "s3cret").status, 503);
    fault.clear();
    EXPECT_EQ(post(update, "s3cret").status, 200);
    EXPECT_THAT(taken, ElementsAre(7));
    EXPECT_THAT(told, ElementsAre("telegram_delivery_failed"));
}

TEST_F(WebhookReceiverTest, BodiesAreBoundedAndRead) {
    std::string large = update;
    large.insert(large.size() - 1, webhook_body_bytes_max, ' ');
    EXPECT_EQ(post(large, "s3cret").status, 413);
    for (const auto* body : {"", "[]", "{", "{\"message\":{}}"})
        EXPECT_EQ(post(body, "s3cret").status, 400) << body;
    EXPECT_THAT(taken, ElementsAre());
}

// Refused, it would come again for a day, and keep all others back.
TEST_F(WebhookReceiverTest, WhatCannotBeReadIsTakenWithItsFault) {
    const auto deep = std::string(300, '[') + std::string(300, ']');
    for (const auto& value : {std::string("1e999"), deep, std::string(R"("\ud800")")})
        EXPECT_EQ(post(R"({"update_id":7,"x":)" + value + "}", "s3cret").status, 200) << value;
    EXPECT_THAT(taken, ElementsAre(7, 7, 7));
    EXPECT_THAT(faults, testing::Each(Not(testing::IsEmpty())));
    EXPECT_THAT(told, ElementsAre());
}

TEST_F(WebhookReceiverTest, ClosedItSendsTheSenderAway) {
    receiver.close();
    EXPECT_EQ(post(update, "s3cret").status, 503);
    EXPECT_THAT(taken, ElementsAre());
    auto idle = asio::co_spawn(loop, receiver.finish(Millis(60'000)), asio::use_future);
    loop.restart();
    loop.run_for(webhook_test_deadline);
    EXPECT_TRUE(idle.get());
}

// Answers of a scripted Bot API to one registration after another.
class WebhookRegistrationTest : public testing::Test {
protected:
    WebhookRegistrationTest() : server(loop) {
        options.token = "123:secret";
        options.base_url =
            "http://127.0.0.1:" + std::to_string(server.acceptor.local_endpoint().port());
        server.tasks.spawn("accept", server.run());
        events.add_sink([this](const auto& event) { told.emplace_back(event.name()); });
    }

    // Runs until the n-th request, which gets no answer.
    void run_until(std::vector<std::string> answers, std::string certificate = {}) {
        asio::cancellation_signal stop;
        server.answer = [&](std::size_t n) {
            if (n <= answers.size()) return Server::Reply{http_answer(200, answers[n - 1])};
            asio::post(loop, [&] { stop.emit(asio::cancellation_type::terminal); });
            return Server::Reply{.silent = true};
        };
        BotApi api(loop.get_executor(), options);
        WebhookRegistration registration(api, events,
                                         {.url = "https://bot.example.org/tg/webhook",
                                          .secret = "s3cret",
                                          .certificate = std::move(certificate),
                                          .backoff_first = Millis(2),
                                          .look_interval = Millis(2)});
        bool done = false;
        asio::co_spawn(loop, registration.run(),
                       asio::bind_cancellation_slot(stop.slot(), [&](auto) {
                           done = true;
                           server.close();
                       }));
        loop.run_for(webhook_test_deadline);
        ASSERT_TRUE(done);
    }

    asio::io_context loop;
    Server server;
    BotApiOptions options;
    hotreload::EventLog events{loop.get_executor()};
    std::vector<std::string> told;
};

constexpr const char* yes = R"({"ok":true,"result":true})";
constexpr const char* no =
    R"({"ok":false,"error_code":400,"description":"Bad Request: bad webhook"})";
constexpr const char* ours =
    R"({"ok":true,"result":{"url":"https://bot.example.org/tg/webhook","pending_update_count":0}})";
constexpr const char* gone = R"({"ok":true,"result":{"url":"","pending_update_count":3}})";
constexpr const char* failing =
    R"({"ok":true,"result":{"url":"https://bot.example.org/tg/webhook",)"
    R"("last_error_date":5,"last_error_message":"Connection refused"}})";

TEST_F(WebhookRegistrationTest, SetsItWithEverythingThatTheBotWants) {
    run_until({no, yes});
    EXPECT_THAT(server.requests[1], HasSubstr("/setWebhook"));
    EXPECT_THAT(server.requests[1], HasSubstr(R"("url":"https://bot.example.org/tg/webhook")"));
    EXPECT_THAT(server.requests[1], HasSubstr(R"("secret_token":"s3cret")"));
    EXPECT_THAT(server.requests[1], HasSubstr(R"("max_connections":1)"));
    for (const auto* kind : {"message_reaction", "message_reaction_count", "chat_member",
                             "my_chat_member", "callback_query"})
        EXPECT_THAT(server.requests[1], HasSubstr("\"" + std::string(kind) + "\""));
    EXPECT_THAT(told, ElementsAre("webhook_failed", "webhook_set"));
}

TEST_F(WebhookRegistrationTest, SetsItAgainWhenItWasTakenAway) {
    run_until({yes, ours, gone, yes, failing, failing});
    EXPECT_THAT(server.requests[3], HasSubstr("/setWebhook"));
    EXPECT_THAT(told,
                ElementsAre("webhook_set", "webhook_lost", "webhook_set", "webhook_not_delivered"));
}

TEST_F(WebhookRegistrationTest, UploadsItsCertificate) {
    run_until({yes}, "-----BEGIN CERTIFICATE-----");
    EXPECT_THAT(server.requests[0],
                HasSubstr("name=\"certificate\"; filename=\"certificate.pem\""));
    EXPECT_THAT(server.requests[0], HasSubstr("-----BEGIN CERTIFICATE-----"));
}

}  // namespace
}  // namespace tgstats
