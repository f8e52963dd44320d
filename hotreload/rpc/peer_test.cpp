#include "hotreload/rpc/peer.h"

#include <sys/socket.h>

#include <limits>
#include <optional>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "hotreload/base/condition.h"
#include "hotreload/base/coroutine_test.h"
#include "hotreload/model/limits.h"

namespace hotreload {
namespace {

using Outcome = Result<json::value, RpcError>;

std::pair<UniqueFd, UniqueFd> socket_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw std::runtime_error("socketpair");
    const timeval patience{20, 0};
    for (const int end : ends)
        ::setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Task<Outcome> serve_for_test(asio::any_io_executor executor, std::string method,
                             json::object params) {
    if (method == "throw") throw std::runtime_error("broken");
    if (method == "refuse")
        co_return Outcome(in_place_error, RpcError{rpc_code::not_permitted, "no", "data"});
    if (method == "infinite") co_return json::value(std::numeric_limits<double>::infinity());
    if (method == "large") co_return json::value(std::string(limits::message_bytes_max, 'x'));
    if (method == "never" || method == "later") {
        asio::steady_timer timer(executor, method == "never" ? test_deadline * 10 : Millis(5));
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return json::value(std::move(params));
}

struct PeerTest : testing::Test {
    Peer::Serve serving() {
        return [executor = asio::any_io_executor(loop.get_executor())](std::string method,
                                                                       json::object params) {
            return serve_for_test(executor, std::move(method), std::move(params));
        };
    }
    Peer::Notified noting(std::vector<std::string>& into) {
        return [&](std::string method, json::object params) {
            into.push_back(method + " " + json::serialize(params));
            heard.notify_all();
        };
    }
    void connect() {
        auto [left, right] = socket_pair();
        host.emplace(loop.get_executor(), std::move(left), serving(), noting(host_heard));
        worker.emplace(loop.get_executor(), std::move(right), serving(), noting(worker_heard));
    }
    // A peer whose other side is this test, byte by byte.
    UniqueFd connect_raw() {
        auto [left, right] = socket_pair();
        host.emplace(loop.get_executor(), std::move(left), serving(), noting(host_heard));
        return std::move(right);
    }
    static void say(const UniqueFd& socket, const std::string& text) {
        ASSERT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    Outcome call(Peer& peer, std::string method, json::object params = {},
                 Millis deadline = test_deadline) {
        return run_to_end(loop, peer.call(std::move(method), std::move(params), deadline));
    }
    Task<void> until_heard(std::vector<std::string>& where, std::size_t count) {
        while (where.size() < count) {
            const bool notified = co_await heard.wait_until(deadline_after(test_deadline));
            if (!notified) throw std::runtime_error("not heard");
        }
    }

    asio::io_context loop{1};
    Condition heard{loop.get_executor()};
    std::vector<std::string> host_heard;
    std::vector<std::string> worker_heard;
    std::optional<Peer> host;
    std::optional<Peer> worker;
};

TEST_F(PeerTest, CallsAndErrorsBothWays) {
    connect();
    EXPECT_EQ(*call(*host, "echo", {{"a", 1}}), (json::value{{"a", 1}}));
    EXPECT_EQ(*call(*worker, "echo", {{"b", 2}}), (json::value{{"b", 2}}));
    const auto refused = call(*host, "refuse");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, rpc_code::not_permitted);
    EXPECT_EQ(refused.error().data, "data");
    const auto broken = call(*worker, "throw");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, rpc_code::internal_error);
    EXPECT_EQ(broken.error().message, "broken");
    EXPECT_EQ(call(*host, "large").error().code, rpc_code::internal_error);
    EXPECT_TRUE(host->open());
}

TEST_F(PeerTest, ManyCallsAtOnceInBothDirections) {
    connect();
    constexpr int count = 500;
    int good = 0;
    for (int i = 0; i < count; ++i) {
        for (auto* peer : {&*host, &*worker}) {
            const auto* method = i % 3 == 0 ? "later" : "echo";
            asio::co_spawn(loop, peer->call(method, {{"i", i}}, test_deadline),
                           [&good, i](const std::exception_ptr&, const Outcome& outcome) {
                               if (outcome && outcome->at("i") == i) ++good;
                           });
        }
    }
    EXPECT_TRUE(call(*host, "later"));
    EXPECT_TRUE(call(*worker, "later"));
    EXPECT_EQ(good, 2 * count);
}

TEST_F(PeerTest, LargeMessagesPass) {
    connect();
    const std::string text(8u << 20, 'x');
    EXPECT_EQ(call(*host, "echo", {{"text", text}})->at("text").as_string(), text);
    const auto over = call(*host, "echo", {{"text", std::string(limits::message_bytes_max, 'x')}});
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code, rpc_code::bad_params);
    EXPECT_FALSE(host->notify("n", {{"text", std::string(limits::message_bytes_max, 'x')}}));
    EXPECT_TRUE(call(*host, "echo"));
}

TEST_F(PeerTest, WhatJsonCannotHoldIsRefusedAndEndsNothing) {
    connect();
    const auto reply = call(*host, "infinite");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, rpc_code::internal_error);
    EXPECT_EQ(reply.error().message, "the reply is no valid message: a number in it is not finite");
    constexpr auto infinite = std::numeric_limits<double>::infinity();
    EXPECT_EQ(call(*host, "echo", {{"a", infinite}}).error().code, rpc_code::bad_params);
    EXPECT_FALSE(host->notify("n", {{"a", infinite}}));
    EXPECT_TRUE(call(*host, "echo"));
}

TEST_F(PeerTest, ANumberOutOfRangeCostsOneCall) {
    const auto other = connect_raw();
    std::string heard_there;
    std::jthread answering([&] {
        char byte = 0;
        while (byte != '\n' && ::recv(other.get(), &byte, 1, 0) == 1) continue;  // the call
        say(other,
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":{\"a\":1e999}}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1e999}\n");
        while (!heard_there.ends_with('\n') && ::recv(other.get(), &byte, 1, 0) == 1)
            heard_there += byte;
        say(other, "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":{\"a\":1e999}}\n");
    });
    const auto answer = call(*host, "any");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "unusable reply: a number in it is not finite");
    // Only what asks for no answer leaves no other way.
    EXPECT_EQ(run_to_end(loop, host->ended()), "unreadable message: a number in it is not finite");
    answering.join();
    EXPECT_NE(heard_there.find("m: a number in it is not finite"), std::string::npos);
}

TEST_F(PeerTest, AtTheDeadlineTheOtherSideIsToldToStop) {
    connect();
    const auto late = call(*host, "never", {}, Millis(5));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, rpc_code::deadline);
    run_to_end(loop, until_heard(worker_heard, 1));
    EXPECT_EQ(worker_heard.front(), R"(cancel {"id":1})");
    // The served coroutine was cancelled, too: its late reply is nobody's, and does no harm.
    EXPECT_TRUE(call(*host, "echo"));
    worker->close();
    EXPECT_TRUE(run_to_end(loop, worker->settled(test_deadline)));
}

TEST_F(PeerTest, ACancelledCallSaysSo) {
    connect();
    asio::cancellation_signal cancel;
    std::optional<Outcome> outcome;
    asio::co_spawn(
        loop, host->call("never", {}, test_deadline),
        asio::bind_cancellation_slot(
            cancel.slot(), [&](const std::exception_ptr&, Outcome its) { outcome = its; }));
    ASSERT_TRUE(call(*host, "echo"));  // by now the first one is being served
    cancel.emit(asio::cancellation_type::terminal);
    run_to_end(loop, until_heard(worker_heard, 1));
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->error().code, rpc_code::cancelled);
}

TEST_F(PeerTest, EndOfFileEndsPendingCalls) {
    connect();
    std::optional<Outcome> outcome;
    asio::co_spawn(loop, host->call("never", {}, test_deadline),
                   [&](const std::exception_ptr&, Outcome its) { outcome = its; });
    ASSERT_TRUE(call(*host, "echo"));
    worker->close();
    EXPECT_EQ(run_to_end(loop, host->ended()), "end of file");
    EXPECT_EQ(run_to_end(loop, worker->ended()), "closed by this side");
    ASSERT_TRUE(run_dry(loop));
    ASSERT_TRUE(outcome.has_value());
    EXPECT_EQ(outcome->error().code, rpc_code::disconnected);
    EXPECT_FALSE(host->open());
    EXPECT_EQ(call(*host, "echo").error().code, rpc_code::disconnected);
    EXPECT_FALSE(host->notify("n", {}));
}

TEST_F(PeerTest, WhatWasSaidBeforeTheEndIsHeard) {
    connect();
    worker->notify("last", {{"word", 1}});
    worker.reset();
    EXPECT_EQ(run_to_end(loop, host->ended()), "end of file");
    EXPECT_EQ(host_heard, (std::vector<std::string>{R"(last {"word":1})"}));
}

TEST_F(PeerTest, WritingToWhoHasGoneStillHearsItsLastWords) {
    const auto socket = [&] {
        auto other = connect_raw();
        say(other, "{\"jsonrpc\":\"2.0\",\"method\":\"bye\"}\n");
        return UniqueFd();
    }();
    const auto outcome = call(*host, "echo");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, rpc_code::disconnected);
    EXPECT_EQ(host_heard, (std::vector<std::string>{"bye {}"}));
}

TEST_F(PeerTest, GarbageEndsTheConversation) {
    const std::pair<std::string, std::string> cases[] = {
        {"garbage\n", "unreadable message: not JSON"},
        {"\n", "unreadable message: not JSON"},
        {"{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":1}\n",
         "reply to a request that was never made: id 5"},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"never\"}\n{\"jsonrpc\":\"2.0\",\"id\":1,"
         "\"method\":\"never\"}\n",
         "request 1 was made twice"},
    };
    for (const auto& [text, reason] : cases) {
        const auto other = connect_raw();
        say(other, text);
        EXPECT_EQ(run_to_end(loop, host->ended()).substr(0, reason.size()), reason);
        char byte = 0;
        EXPECT_EQ(::recv(other.get(), &byte, 1, 0), 0);  // our side is closed
        EXPECT_TRUE(run_to_end(loop, host->settled(test_deadline)));
    }
}

TEST_F(PeerTest, HalfAMessageIsNone) {
    auto other = connect_raw();
    say(other, "{\"jsonrpc\":");
    other.reset();
    EXPECT_EQ(run_to_end(loop, host->ended()), "end of file inside a message");
}

TEST_F(PeerTest, AnOversizedLineEndsTheConversation) {
    auto other = connect_raw();
    std::jthread flood([&other] {
        const std::string piece(1 << 16, 'x');
        while (::send(other.get(), piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
        }
    });
    EXPECT_EQ(run_to_end(loop, host->ended()), "message over 16777216 bytes");
}

TEST_F(PeerTest, ASideThatDoesNotReadIsLeft) {
    const auto other = connect_raw();
    const std::string text(1 << 20, 'x');
    int sent = 0;
    while (host->notify("n", {{"text", text}})) ++sent;
    EXPECT_EQ(sent, 63);
    EXPECT_NE(run_to_end(loop, host->ended()).find("does not read"), std::string::npos);
}

TEST_F(PeerTest, RequestsInFlightAreBounded) {
    const auto other = connect_raw();
    std::string requests;
    for (std::size_t id = 1; id <= limits::peer_calls_in_flight_max + 1; ++id) {
        requests += print(RpcRequest{static_cast<std::int64_t>(id), "never", {}});
    }
    say(other, requests);
    char reply[1000];
    std::string text;
    while (text.find('\n') == std::string::npos) {
        ASSERT_GT(loop.run_one_for(test_deadline), 0u);
        const auto count = ::recv(other.get(), reply, sizeof reply, MSG_DONTWAIT);
        if (count > 0) text.append(reply, static_cast<std::size_t>(count));
    }
    EXPECT_EQ(text.substr(0, 52), R"({"jsonrpc":"2.0","id":1025,"error":{"code":-32004,"m)");
    host->close();
    EXPECT_TRUE(run_to_end(loop, host->settled(test_deadline)));
}

TEST_F(PeerTest, CallsInFlightAreBounded) {
    const auto other = connect_raw();
    for (std::size_t i = 0; i < limits::peer_calls_in_flight_max; ++i) {
        asio::co_spawn(loop, host->call("never", {}, test_deadline),
                       [](const std::exception_ptr&, const Outcome&) {});
    }
    loop.poll();
    EXPECT_EQ(call(*host, "echo").error().code, rpc_code::busy);
    host->close();
    EXPECT_TRUE(run_dry(loop));
}

TEST_F(PeerTest, ThePeerMayBeDestroyedByWhatItHears) {
    auto [left, right] = socket_pair();
    worker.emplace(loop.get_executor(), std::move(right), nullptr,
                   [this](const std::string&, const json::object&) { worker.reset(); });
    say(left, "{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n{\"jsonrpc\":\"2.0\",\"method\":\"b\"}\n");
    ASSERT_TRUE(run_dry(loop));
    EXPECT_FALSE(worker.has_value());
}

TEST_F(PeerTest, WithoutServingEveryMethodIsUnknown) {
    auto [left, right] = socket_pair();
    host.emplace(loop.get_executor(), std::move(left), nullptr, nullptr);
    worker.emplace(loop.get_executor(), std::move(right), nullptr, nullptr);
    worker->notify("ignored", {});
    EXPECT_EQ(call(*worker, "x").error().code, rpc_code::unknown_method);
}

}  // namespace
}  // namespace hotreload
