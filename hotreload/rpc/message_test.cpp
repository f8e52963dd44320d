#include "hotreload/rpc/message.h"

#include <initializer_list>
#include <limits>

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "hotreload/model/limits.h"
#include "hotreload/rpc/line_buffer.h"

namespace hotreload {
namespace {

TEST(MessageTest, GoodLinesComeBackAsTheyWere) {
    for (const std::string line : {
             R"({"jsonrpc":"2.0","id":1,"method":"load","params":{"config":{"days":30}}})",
             R"({"jsonrpc":"2.0","id":9223372036854775807,"method":"probe","params":{}})",
             R"({"jsonrpc":"2.0","method":"cancel","params":{"id":7}})",
             R"({"jsonrpc":"2.0","id":3,"result":{"ok":true}})",
             R"({"jsonrpc":"2.0","id":3,"result":null})",
             R"({"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"a\n\"b\"","data":[3]}})",
             R"({"jsonrpc":"2.0","id":4,"error":{"code":-32601,"message":""}})",
         }) {
        const auto message = parse_message(line);
        ASSERT_TRUE(message) << message.error();
        EXPECT_EQ(print(*message), line + "\n");
    }
}

TEST(MessageTest, ShapesAreToldApart) {
    const auto request =
        parse_message(R"( {"params":{"a":1},"method":"m","id":2,"jsonrpc":"2.0"} )");
    ASSERT_TRUE(request);
    EXPECT_EQ(std::get<RpcRequest>(*request).id, 2);
    EXPECT_EQ(std::get<RpcRequest>(*request).params.at("a"), 1);
    const auto bare = parse_message(R"({"jsonrpc":"2.0","method":"m"})");
    ASSERT_TRUE(bare);
    EXPECT_TRUE(std::get<RpcNotification>(*bare).params.empty());
    const auto reply =
        parse_message(R"({"jsonrpc":"2.0","id":4,"error":{"code":-32001,"message":"late"}})");
    ASSERT_TRUE(reply);
    EXPECT_EQ(std::get<RpcReply>(*reply).outcome.error().code, rpc_code::deadline);
}

struct BadLine {
    std::string line;
    std::string reason;
};

TEST(MessageTest, BadLinesAreRefusedWithAReason) {
    const BadLine cases[] = {
        {"", "not JSON"},
        {"garbage", "not JSON"},
        {"[]", "not a JSON object"},
        {R"([{"jsonrpc":"2.0","id":1,"method":"m"}])", "not a JSON object"},
        {R"({"jsonrpc":"2.0","id":1,"method":"m"} x)", "not JSON"},
        {R"({"jsonrpc":"2.0","id":1,"method":"m")", "not JSON"},
        {R"({"jsonrpc":"2.0","method":")"
         "\xFF"
         R"("})",
         "not JSON"},
        {R"({"id":1,"method":"m"})", "'jsonrpc'"},
        {R"({"jsonrpc":"1.0","id":1,"method":"m"})", "'jsonrpc'"},
        {R"({"jsonrpc":2.0,"id":1,"method":"m"})", "'jsonrpc'"},
        {R"({"jsonrpc":"2.0","id":"1","method":"m"})", "'id'"},
        {R"({"jsonrpc":"2.0","id":null,"method":"m"})", "'id'"},
        {R"({"jsonrpc":"2.0","id":1.5,"method":"m"})", "'id'"},
        {R"({"jsonrpc":"2.0","id":0,"method":"m"})", "'id'"},
        {R"({"jsonrpc":"2.0","id":9223372036854775808,"method":"m"})", "'id'"},
        {R"({"jsonrpc":"2.0","id":1,"method":7})", "'method'"},
        {R"({"jsonrpc":"2.0","id":1,"method":""})", "'method'"},
        {R"({"jsonrpc":"2.0","id":1,"method":"m","params":[]})", "'params'"},
        {R"({"jsonrpc":"2.0","id":1,"method":"m","params":null})", "'params'"},
        {R"({"jsonrpc":"2.0","id":1,"method":"m","result":1})", "unknown member 'result'"},
        {R"({"jsonrpc":"2.0","id":1})", "no 'method'"},
        {R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}})", "both"},
        {R"({"jsonrpc":"2.0","result":1})", "'id'"},
        {R"({"jsonrpc":"2.0","id":1,"result":1,"extra":2})", "unknown member 'extra'"},
        {R"({"jsonrpc":"2.0","id":1,"error":"text"})", "'error'"},
        {R"({"jsonrpc":"2.0","id":1,"error":{"message":""}})", "'error.code'"},
        {R"({"jsonrpc":"2.0","id":1,"error":{"code":99999999999,"message":""}})", "'error.code'"},
        {R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})", "'error.message'"},
        {R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","more":1}})",
         "unknown member 'more'"},
    };
    for (const auto& [line, reason] : cases) {
        const auto message = parse_message(line);
        ASSERT_FALSE(message) << line;
        EXPECT_NE(message.error().find(reason), std::string::npos)
            << line << " gave: " << message.error();
    }
}

TEST(MessageTest, DepthIsBounded) {
    const auto nested = [](std::size_t depth) {
        return R"({"jsonrpc":"2.0","id":1,"result":)" + std::string(depth, '[') +
               std::string(depth, ']') + "}";
    };
    EXPECT_TRUE(parse_message(nested(limits::message_depth_max - 1)));
    EXPECT_FALSE(parse_message(nested(limits::message_depth_max)));
    EXPECT_FALSE(parse_message(nested(1'000'000)));
}

TEST(MessageTest, NumbersOutOfRangeAreTold) {
    for (const std::string line : {
             R"({"jsonrpc":"2.0","id":1,"result":1e999})",
             R"({"jsonrpc":"2.0","id":1,"result":[0e999]})",
             R"({"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","data":-1e400}})",
             R"({"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1e309}})",
         }) {
        const auto message = parse_message(line);
        ASSERT_TRUE(message) << message.error();
        EXPECT_EQ(unprintable_reason(*message), "a number in it is not finite");
    }
}

TEST(MessageTest, WhatCouldNotBeReadIsTold) {
    const auto nested = [](std::size_t depth) {
        json::value value = 1.5;
        while (depth-- > 0) value = json::array{std::move(value)};
        return value;
    };
    const auto result = [](json::value value) {
        return RpcReply{1, Result<json::value, RpcError>(in_place_value, std::move(value))};
    };
    const auto refusal = [](json::value data) {
        return RpcReply{1, Result<json::value, RpcError>(in_place_error,
                                                         RpcError{-32000, "", std::move(data)})};
    };
    constexpr auto infinite = std::numeric_limits<double>::infinity();
    constexpr auto deepest = limits::message_depth_max - 1;
    for (const RpcMessage& message : std::initializer_list<RpcMessage>{
             result(infinite),
             result(json::array{std::numeric_limits<double>::quiet_NaN()}),
             refusal(infinite),
             RpcRequest{1, "m", {{"a", infinite}}},
             RpcNotification{"m", {{"a", infinite}}},
             result(nested(deepest + 1)),
             refusal(nested(deepest)),
             RpcRequest{1, "m", {{"a", nested(deepest)}}},
         }) {
        EXPECT_NE(unprintable_reason(message), "");
        EXPECT_FALSE(parse_message(print(message)));
    }
    for (const RpcMessage& message :
         std::initializer_list<RpcMessage>{result(nested(deepest)), refusal(nested(deepest - 1)),
                                           RpcRequest{1, "m", {{"a", nested(deepest - 1)}}}}) {
        EXPECT_EQ(unprintable_reason(message), "");
        EXPECT_TRUE(parse_message(print(message)));
    }
}

TEST(MessageTest, IllFormedTextIsPrintedAsAValidLine) {
    const auto line = print(RpcRequest{1, "m\xFF", json::object{{"text", "a\xC3"}}});
    EXPECT_TRUE(parse_message(line));
    EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(LineBufferTest, CutsLinesHoweverTheyArrive) {
    const std::string text = "one\ntwo\n\nfour\n" + std::string(200'000, 'x') + "\nrest";
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{4096}, text.size()}) {
        LineBuffer buffer;
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < text.size();) {
            const auto room = buffer.room();
            const auto count = std::min({piece, room.size(), text.size() - at});
            std::copy_n(text.data() + at, count, room.data());
            buffer.filled(count);
            at += count;
            while (const auto line = buffer.next()) lines.emplace_back(*line);
        }
        ASSERT_EQ(lines.size(), 5u);
        EXPECT_EQ(lines[0], "one");
        EXPECT_EQ(lines[2], "");
        EXPECT_EQ(lines[4].size(), 200'000u);
        EXPECT_FALSE(buffer.empty());
        EXPECT_FALSE(buffer.full());
    }
}

TEST(LineBufferTest, IsFullAtTheLimit) {
    LineBuffer buffer;
    std::size_t total = 0;
    while (!buffer.full()) {
        const auto room = buffer.room();
        ASSERT_FALSE(room.empty());
        std::fill(room.begin(), room.end(), 'x');
        buffer.filled(room.size());
        total += room.size();
        ASSERT_FALSE(buffer.next());
    }
    EXPECT_EQ(total, limits::message_bytes_max);
}

}  // namespace
}  // namespace hotreload
