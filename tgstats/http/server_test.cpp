#include "tgstats/http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tgstats/http/client.h"

namespace tgstats::http {
namespace {

using asio::ip::tcp;
using hotreload::as_values;
using testing::HasSubstr;
using testing::StartsWith;

// The requests that the tests send: /echo, /wait (until released), /throw, /count (a stream of
// three chunks), /forever (a stream until the client or the server ends it), /deaf (until released,
// whatever is cancelled).
class HttpServer : public testing::Test {
protected:
    void start(ServerOptions options = {}) {
        options.on_error = [this](const std::string& line) { errors.push_back(line); };
        auto made =
            Server::listen(loop.get_executor(), "127.0.0.1:0", handler(), std::move(options));
        ASSERT_TRUE(made) << made.error();
        server.emplace(std::move(*made));
    }

    void TearDown() override {
        release.cancel();
        if (server) run(stop(Millis{2'000}));
    }

    Task<void> stop(Millis deadline) { stopped_cleanly = co_await server->stop(deadline); }

    Handler handler() {
        return [this](Request request) { return answer(std::move(request)); };
    }

    Task<Response> answer(Request request) {
        ++requests;
        if (request.path == "/throw") throw std::runtime_error("went wrong");
        if (request.path == "/wait") {
            waiting.cancel();
            co_await release.async_wait(as_values);
        }
        if (request.path == "/deaf") {
            co_await asio::this_coro::throw_if_cancelled(false);
            while (!released) co_await release.async_wait(as_values);
        }
        if (request.path == "/count")
            co_return Response::events([](Writer& writer) { return count(writer); });
        if (request.path == "/forever") {
            co_return Response::events([this](Writer& writer) { return forever(writer); });
        }
        co_return Response::text(200, request.method + " " + request.path + " " +
                                          std::string(request.query.get("q")) + " " + request.body);
    }

    static Task<void> count(Writer& writer) {
        for (const auto* chunk : {"one\n", "two\n", "three\n"}) co_await writer.write(chunk);
    }

    Task<void> forever(Writer& writer) {
        asio::steady_timer timer(loop);
        const std::string chunk(100'000, 'x');
        for (bool open = true; open;) {
            open = co_await writer.write(chunk);
            ++chunks;
            timer.expires_after(Millis{1});
            co_await timer.async_wait(as_values);
        }
        stream_ended = true;
    }

    // Runs the loop until the task has ended; an exception of the task fails the test.
    template <class T>
    T run(Task<T> task) {
        auto future = co_spawn(loop, std::move(task), asio::use_future);
        loop.restart();
        while (future.wait_for(Millis{0}) != std::future_status::ready) {
            if (loop.run_one_for(std::chrono::seconds(120)) == 0)
                throw std::runtime_error("test deadline");
        }
        return future.get();
    }

    template <class Condition>
    bool run_until(Condition condition) {
        loop.restart();
        const auto deadline = hotreload::monotonic_now() + std::chrono::seconds(120);
        while (!condition() && hotreload::monotonic_now() < deadline) loop.run_one_for(Millis{100});
        return condition();
    }

    Task<std::unique_ptr<tcp::socket>> connect() {
        auto socket = std::make_unique<tcp::socket>(loop);
        const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), server->port());
        co_await socket->async_connect(endpoint, asio::use_awaitable);
        co_return socket;
    }

    // Sends all, then reads until the server closes.
    Task<std::string> converse(std::string text) {
        auto socket = co_await connect();
        co_await asio::async_write(*socket, asio::buffer(text), as_values);
        std::string got;
        co_await asio::async_read(*socket, asio::dynamic_buffer(got), as_values);
        co_return got;
    }

    std::string url(const std::string& target) { return "http://" + server->address() + target; }

    asio::io_context loop;
    bool released = false;
    asio::steady_timer release{loop, asio::steady_timer::time_point::max()};
    asio::steady_timer waiting{loop, asio::steady_timer::time_point::max()};
    std::optional<Server> server;
    std::vector<std::string> errors;
    int requests = 0;
    int chunks = 0;
    bool stream_ended = false;
    bool stopped_cleanly = false;
};

TEST_F(HttpServer, AnswersSeveralRequestsOnOneConnection) {
    start();
    const auto got =
        run(converse("GET /echo?q=a%20b HTTP/1.1\r\nHost: x\r\n\r\n"
                     "POST /e%C3%A9 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
                     "HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n"
                     "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(got, HasSubstr("GET /echo a b "));
    EXPECT_THAT(got, HasSubstr("POST /e\xC3\xA9  body"));
    EXPECT_THAT(got, HasSubstr("GET /last  "));
    EXPECT_THAT(got, testing::Not(HasSubstr("HEAD /echo ")));
    EXPECT_EQ(requests, 4);
}

TEST_F(HttpServer, RefusesMalformedRequests) {
    start();
    EXPECT_THAT(run(converse("nonsense\r\n\r\n")), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(run(converse("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")),
                StartsWith("HTTP/1.1 400 "));
    EXPECT_EQ(requests, 0);
}

TEST_F(HttpServer, BoundsHeadersAndBodies) {
    ServerOptions options;
    options.limits.header_bytes_max = 1024;
    options.limits.body_bytes_max = 1024 * 1024;
    start(options);
    EXPECT_THAT(run(converse("GET / HTTP/1.1\r\nX: " + std::string(5000, 'h') + "\r\n\r\n")),
                StartsWith("HTTP/1.1 431 "));
    const auto body = std::string(2 * 1024 * 1024, 'b');
    const auto got =
        run(converse("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n" + body));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(got, HasSubstr("larger than 1 MB"));
    EXPECT_EQ(requests, 0);
}

TEST_F(HttpServer, ReadsChunkedAndExpectedBodies) {
    start();
    const auto got = run(
        converse("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
    EXPECT_THAT(got, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "));
    EXPECT_THAT(got, HasSubstr("POST /echo  abcde"));
}

TEST_F(HttpServer, ClosesASilentConnectionAtTheDeadline) {
    ServerOptions options;
    options.limits.header_deadline = Millis{50};
    start(options);
    EXPECT_EQ(run(converse("GET / HTTP/1.1\r\nHos")), "");
    EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
}

TEST_F(HttpServer, AnswersFiveHundredWhenAHandlerThrows) {
    start();
    const auto answer = run(fetch(loop.get_executor(), {.url = url("/throw")}));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->status, 500);
    EXPECT_THAT(errors, testing::ElementsAre("GET /throw: went wrong"));
}

TEST_F(HttpServer, StreamsChunks) {
    start();
    const auto answer = run(fetch(loop.get_executor(), {.url = url("/count")}));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->headers.get("content-type"), "text/event-stream");
    EXPECT_EQ(answer->headers.get("transfer-encoding"), "chunked");
    EXPECT_EQ(answer->body, "one\ntwo\nthree\n");
    EXPECT_THAT(run(converse("GET /count HTTP/1.0\r\n\r\n")),
                testing::EndsWith("\r\n\r\none\ntwo\nthree\n"));
}

TEST_F(HttpServer, EndsAStreamWhoseReaderHasGone) {
    start();
    {
        auto socket = run(connect());
        const std::string request = "GET /forever HTTP/1.1\r\nHost: x\r\n\r\n";
        socket->send(asio::buffer(request));
        EXPECT_TRUE(run_until([&] { return chunks > 0; }));
    }
    EXPECT_TRUE(run_until([&] { return stream_ended && server->connections() == 0; }));
}

TEST_F(HttpServer, TurnsAwayTooManyConnections) {
    ServerOptions options;
    options.limits.connections_max = 1;
    start(options);
    auto first = run(connect());
    EXPECT_TRUE(run_until([&] { return server->connections() == 1; }));
    EXPECT_THAT(run(converse("")), StartsWith("HTTP/1.1 503 "));
    first->close();
    EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
    const auto answer = run(fetch(loop.get_executor(), {.url = url("/echo")}));
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->status, 200);
}

TEST_F(HttpServer, SaysWhyItCannotListen) {
    start();
    const auto error = [&](const std::string& address) {
        const auto second = Server::listen(loop.get_executor(), address, handler());
        return second ? std::string("listens") : second.error();
    };
    EXPECT_EQ(error(server->address()),
              "cannot listen on " + server->address() +
                  ": address already in use; choose another with --listen");
    for (const auto* address :
         {"8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "nowhere.example:80", ":1"}) {
        EXPECT_THAT(error(address), HasSubstr("write it as HOST:PORT")) << address;
    }
}

TEST_F(HttpServer, StopLetsARunningRequestFinish) {
    start();
    auto idle = run(connect());
    auto answer =
        co_spawn(loop, fetch(loop.get_executor(), {.url = url("/wait")}), asio::use_future);
    EXPECT_TRUE(run_until([&] { return requests == 1; }));
    auto stopping = co_spawn(loop, stop(Millis{60'000}), asio::use_future);
    EXPECT_TRUE(run_until([&] { return server->connections() == 1; }));  // the idle one is gone
    release.cancel();
    EXPECT_TRUE(
        run_until([&] { return stopping.wait_for(Millis{0}) == std::future_status::ready; }));
    EXPECT_TRUE(stopped_cleanly);
    EXPECT_TRUE(run_until([&] { return answer.wait_for(Millis{0}) == std::future_status::ready; }));
    const auto got = answer.get();
    ASSERT_TRUE(got) << got.error();
    EXPECT_EQ(got->status, 200);
    server.reset();
}

// What cannot be cancelled is left behind: two seconds would not fit into what a bot's stop may
// take.
TEST_F(HttpServer, StopDoesNotWaitForWhatCannotBeCancelled) {
    start();
    auto answer =
        co_spawn(loop, fetch(loop.get_executor(), {.url = url("/deaf")}), asio::use_future);
    EXPECT_TRUE(run_until([&] { return requests == 1; }));
    run(stop(Millis{100}));  // what is deaf does not end before it is released below
    EXPECT_FALSE(stopped_cleanly);
    EXPECT_EQ(server->connections(), 1U);
    released = true;
    release.cancel();
    EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
    server.reset();
}

TEST_F(HttpServer, StopCancelsWhatDoesNotFinishAndEndsStreams) {
    start();
    auto waiting_answer =
        co_spawn(loop, fetch(loop.get_executor(), {.url = url("/wait")}), asio::use_future);
    auto stream =
        co_spawn(loop, fetch(loop.get_executor(), {.url = url("/forever")}), asio::use_future);
    EXPECT_TRUE(run_until([&] { return requests == 2 && chunks > 0; }));
    run(stop(Millis{100}));
    EXPECT_FALSE(stopped_cleanly);
    EXPECT_TRUE(run_until([&] { return server->connections() == 0; }));
    server.reset();
}

}  // namespace
}  // namespace tgstats::http
