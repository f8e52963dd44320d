#include "tgstats/telegram/bot_api.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "tgstats/telegram/scripted_server_test.h"
#include "tgstats/telegram/update_poller.h"

namespace tgstats {
namespace {

constexpr auto test_deadline = std::chrono::seconds(120);

class BotApiTest : public testing::Test {
protected:
    BotApiTest() : server(loop) {
        options.token = "123:secret";
        options.base_url =
            "http://127.0.0.1:" + std::to_string(server.acceptor.local_endpoint().port());
        server.tasks.spawn("accept", server.run());
    }

    // Runs the loop until `task` has ended; fails at the deadline.
    void run(Task<void> task) {
        bool done = false;
        asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& error) {
            done = true;
            server.close();
            if (error) std::rethrow_exception(error);
        });
        loop.run_for(test_deadline);
        ASSERT_TRUE(done) << "not finished within the deadline";
    }

    ApiError error_of(Server::Reply reply, Millis deadline = Millis(60'000)) {
        server.answer = [reply](std::size_t) { return reply; };
        BotApi api(loop.get_executor(), options);
        ApiError error;
        run(expect_error(api, deadline, error));
        return error;
    }

    static Task<void> expect_error(BotApi& api, Millis deadline, ApiError& error) {
        json::object params;
        params["chat_id"] = 1;
        std::vector<Upload> no_files;
        auto result = co_await api.call("sendMessage", params, no_files, deadline);
        EXPECT_TRUE(result.has_error());
        error = result.error();
    }

    asio::io_context loop;
    Server server;
    BotApiOptions options;
};

TEST_F(BotApiTest, AnswersAndKeepsTheConnection) {
    server.answer = [](std::size_t n) {
        return Server::Reply{
            http_answer(200, R"({"ok":true,"result":{"n":)" + std::to_string(n) + "}}")};
    };
    BotApi api(loop.get_executor(), options);
    run([](BotApi& a) -> Task<void> {
        for (int i = 1; i <= 3; ++i) {
            json::object params;
            params["text"] = "ä";
            auto result = co_await a.call("getMe", params);
            EXPECT_TRUE(result.has_value());
            EXPECT_EQ(result->at("n").as_int64(), i);
        }
    }(api));
    EXPECT_EQ(server.connections, 1);
    ASSERT_EQ(server.requests.size(), 3U);
    EXPECT_TRUE(server.requests[0].starts_with("POST /bot123:secret/getMe HTTP/1.1\r\n"));
    EXPECT_NE(server.requests[0].find("Content-Type: application/json"), std::string::npos);
    EXPECT_TRUE(server.requests[0].ends_with("{\"text\":\"ä\"}"));
}

std::vector<Upload> one_photo() {
    return {{"photo", "a.png", "image/png", std::string("\x89PNG\0bytes", 10)}};
}

json::object photo_params() {
    return {{"chat_id", -5},
            {"caption", "words"},
            {"reply_parameters", json::object{{"message_id", 3}}}};
}

TEST_F(BotApiTest, SendsFilesAsMultipart) {
    server.answer = [](std::size_t) {
        return Server::Reply{http_answer(200, R"({"ok":true,"result":true})")};
    };
    BotApi api(loop.get_executor(), options);
    run([](BotApi& a) -> Task<void> {
        auto files = one_photo();
        auto params = photo_params();
        auto result =
            co_await a.call("sendPhoto", std::move(params), std::move(files), Millis(60'000));
        EXPECT_TRUE(result.has_value());
    }(api));
    ASSERT_EQ(server.requests.size(), 1U);
    const auto& request = server.requests[0];
    EXPECT_NE(request.find("multipart/form-data; boundary="), std::string::npos);
    EXPECT_NE(request.find("name=\"chat_id\"\r\n\r\n-5\r\n"), std::string::npos);
    EXPECT_NE(request.find("name=\"caption\"\r\n\r\nwords\r\n"), std::string::npos);
    EXPECT_NE(request.find("\r\n\r\n{\"message_id\":3}\r\n"), std::string::npos);
    EXPECT_NE(request.find("name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png"),
              std::string::npos);
    EXPECT_NE(request.find(std::string("\x89PNG\0bytes", 10)), std::string::npos);
}

TEST_F(BotApiTest, RetryAfterAndMigration) {
    const auto error = error_of({http_answer(
        429, R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry)"
             R"( after 7","parameters":{"retry_after":7,"migrate_to_chat_id":-1005}})")});
    EXPECT_EQ(error.kind, ApiError::Kind::api);
    EXPECT_EQ(error.error_code, 429);
    EXPECT_EQ(error.retry_after_s, 7);
    EXPECT_EQ(error.migrate_to_chat_id, -1005);
    EXPECT_EQ(error.text(), "sendMessage: Too Many Requests: retry after 7 (429)");
}

TEST_F(BotApiTest, GarbageAndServerErrors) {
    EXPECT_EQ(error_of({http_answer(200, "<html>")}).kind, ApiError::Kind::malformed);
}

TEST_F(BotApiTest, ServerErrorWithoutJson) {
    const auto error = error_of({http_answer(500, "oops")});
    EXPECT_EQ(error.kind, ApiError::Kind::malformed);
    EXPECT_EQ(error.error_code, 500);
}

TEST_F(BotApiTest, NoHttpAtAll) {
    EXPECT_EQ(error_of({"\x01\x02nonsense\r\n\r\n"}, Millis(1'000)).kind, ApiError::Kind::network);
}

TEST_F(BotApiTest, ConnectionReset) {
    const auto error = error_of({.reset = true});
    EXPECT_EQ(error.kind, ApiError::Kind::network);
    EXPECT_FALSE(error.not_sent);
}

// curl itself would send a request again when a kept connection breaks under it.
TEST_F(BotApiTest, AMessageIsNotSentTwiceOverABrokenConnection) {
    server.answer = [](std::size_t n) {
        if (n == 1) return Server::Reply{http_answer(200, R"({"ok":true,"result":true})")};
        return Server::Reply{.bytes = {}, .reset = true};
    };
    BotApi api(loop.get_executor(), options);
    run([](BotApi& a) -> Task<void> {
        const auto first = co_await a.call("getMe", json::object());
        EXPECT_TRUE(first.has_value());
        json::object params;
        params["text"] = "x";
        const auto lost = co_await a.call("sendMessage", std::move(params));
        EXPECT_TRUE(lost.has_error());
        EXPECT_FALSE(lost.has_value() || lost.error().not_sent);
    }(api));
    ASSERT_EQ(server.requests.size(), 2U);
    EXPECT_NE(server.requests[1].find("/sendMessage"), std::string::npos);
}

TEST_F(BotApiTest, SlowBytesEndAtTheTotalDeadline) {
    const auto start = hotreload::monotonic_now();
    const auto error =
        error_of({http_answer(200, std::string(5'000, ' ')), Millis(20)}, Millis(300));
    EXPECT_EQ(error.kind, ApiError::Kind::network);
    EXPECT_LT(hotreload::monotonic_now() - start, std::chrono::seconds(60));
}

TEST_F(BotApiTest, RefusedConnectionDoesNotShowTheToken) {
    server.acceptor.close();
    BotApi api(loop.get_executor(), options);
    ApiError error;
    run(expect_error(api, Millis(2'000), error));
    EXPECT_EQ(error.kind, ApiError::Kind::network);
    EXPECT_EQ(error.text().find("secret"), std::string::npos);
}

TEST_F(BotApiTest, TokenInADescriptionIsHidden) {
    const auto error = error_of(
        {http_answer(404, R"({"ok":false,"error_code":404,"description":"no /bot123:secret/x"})")});
    EXPECT_EQ(error.description, "sendMessage: no /botTOKEN/x");
}

Task<void> call_forever(BotApi& api, bool& aborted) {
    try {
        json::object params;
        std::vector<Upload> no_files;
        co_await api.call("getUpdates", params, no_files, Millis(60'000));
    } catch (const boost::system::system_error& error) {
        aborted = error.code() == asio::error::operation_aborted;
    }
}

TEST_F(BotApiTest, Cancels) {
    BotApi api(loop.get_executor(), options);
    asio::cancellation_signal signal;
    server.answer = [&](std::size_t) {
        asio::post(loop, [&] { signal.emit(asio::cancellation_type::terminal); });
        return Server::Reply{.silent = true};
    };
    bool aborted = false;
    bool done = false;
    asio::co_spawn(loop, call_forever(api, aborted),
                   asio::bind_cancellation_slot(signal.slot(), [&](auto) {
                       done = true;
                       server.close();
                   }));
    loop.run_for(test_deadline);
    EXPECT_TRUE(done);
    EXPECT_TRUE(aborted);
}

TEST_F(BotApiTest, PollerConfirmsOnlyWhatWasTaken) {
    server.answer = [](std::size_t n) {
        if (n == 1) return Server::Reply{http_answer(500, "down")};
        if (n == 2)
            return Server::Reply{
                http_answer(409, R"({"ok":false,"error_code":409,"description":"Conflict"})")};
        if (n <= 4)
            return Server::Reply{http_answer(
                200, R"({"ok":true,"result":[{"update_id":7,"message":{"message_id":1,"date":5,)"
                     R"("chat":{"id":-3,"type":"group"},"text":"hi"}},{"bad":1}]})")};
        return Server::Reply{.silent = true};
    };
    BotApi api(loop.get_executor(), options);
    hotreload::EventLog events(loop.get_executor());
    std::vector<std::string> names;
    events.add_sink([&](const hotreload::Event& event) { names.emplace_back(event.name()); });
    asio::cancellation_signal stop;
    int deliveries = 0;
    UpdatePoller poller(
        api, events,
        [&](std::vector<Update> batch) -> Task<void> {
            EXPECT_EQ(batch.size(), 1U);
            EXPECT_EQ(batch[0].chat_id, -3);
            EXPECT_EQ(batch[0].message->text, "hi");
            if (++deliveries == 1) throw std::runtime_error("disk full");
            co_return;
        },
        {.backoff_first = Millis(2), .backoff_max = Millis(10), .conflict_pause = Millis(2)});
    asio::steady_timer watch(loop);
    std::function<void()> look =
        [&] {  // ends the poller when it asks for what comes after the batch
            if (server.requests.size() >= 5) return stop.emit(asio::cancellation_type::terminal);
            watch.expires_after(Millis(5));
            watch.async_wait([&](auto) { look(); });
        };
    look();
    bool done = false;
    asio::co_spawn(loop, poller.run(), asio::bind_cancellation_slot(stop.slot(), [&](auto) {
                       done = true;
                       server.close();
                   }));
    loop.run_for(test_deadline);
    ASSERT_TRUE(done);
    EXPECT_EQ(deliveries, 2);
    EXPECT_EQ(server.requests[3].find("\"offset\""), std::string::npos);
    EXPECT_NE(server.requests[4].find("\"offset\":8"), std::string::npos);
    EXPECT_NE(server.requests[0].find("message_reaction_count"), std::string::npos);
    EXPECT_EQ(names,
              (std::vector<std::string>{"telegram_poll_failed", "telegram_poll_conflict",
                                        "telegram_update_malformed", "telegram_delivery_failed",
                                        "telegram_update_malformed", "telegram_poll_recovered"}));
}

}  // namespace
}  // namespace tgstats
