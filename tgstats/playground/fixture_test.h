#pragma once
// For the tests of this folder: a playground behind its routes, called without sockets.

#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "tgstats/http/form.h"
#include "tgstats/playground/mount.h"

namespace tgstats::playground {

class PlaygroundFixture : public testing::Test {
protected:
    PlaygroundFixture() { mount(router, playground); }
    void TearDown() override { EXPECT_TRUE(run(playground.stop(hotreload::Millis{60'000}))); }

    static Options options() {
        Options result;
        result.first_update_id = 1;
        result.first_message_id = 1;
        return result;
    }

    template <class T>
    std::future<T> start(Task<T> task) {
        return co_spawn(loop, std::move(task), asio::use_future);
    }

    // Runs the loop until it is ready; throws at the test's deadline.
    template <class T>
    T finish(std::future<T>& future) {
        loop.restart();
        const auto deadline = hotreload::monotonic_now() + std::chrono::seconds(120);
        while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            if (hotreload::monotonic_now() > deadline) throw std::runtime_error("test deadline");
            loop.run_one_for(std::chrono::milliseconds(100));
        }
        return future.get();
    }

    template <class T>
    T run(Task<T> task) {
        auto future = start(std::move(task));
        return finish(future);
    }

    void settle() { loop.restart(), loop.poll(); }  // runs all that need not wait

    static http::Request request(std::string method, const std::string& target,
                                 std::string body = {}) {
        http::Request made;
        made.method = std::move(method);
        made.target = target;
        const auto question = target.find('?');
        made.path = target.substr(0, question);
        const bool queried = question != std::string::npos;
        if (queried) made.query = *http::parse_urlencoded(target.substr(question + 1));
        if (!body.empty()) made.headers.add("Content-Type", "application/json");
        made.body = std::move(body);
        return made;
    }

    std::future<http::Response> begin(const std::string& method, const json::object& arguments) {
        return start(router.handle(request("POST", bot + method, json::serialize(arguments))));
    }

    json::value outcome(std::future<http::Response> answer) { return outcome(finish(answer)); }
    // The `result`; for an error its code and description as a string.
    static json::value outcome(const http::Response& response) {
        auto body = json::parse(response.body).as_object();
        if (body.at("ok").as_bool()) return body.at("result");
        EXPECT_EQ(body.at("error_code").as_int64(), response.status);
        return json::value(std::to_string(response.status) + " " +
                           std::string(body.at("description").as_string()));
    }

    json::value call(const std::string& method, const json::object& arguments = {}) {
        return outcome(begin(method, arguments));
    }

    json::value page(const std::string& name, const json::object& arguments) {
        auto made = request("POST", "/playground/api/" + name, json::serialize(arguments));
        return json::parse(run(router.handle(std::move(made))).body);
    }

    json::value look(const std::string& target) {
        return json::parse(run(router.handle(request("GET", "/playground/api/" + target))).body);
    }

    std::int64_t say(std::int64_t chat, const std::string& text) {
        const json::object from{{"id", 5}, {"first_name", "Eve"}};
        const auto posted = page("messages", {{"chat_id", chat}, {"from", from}, {"text", text}});
        return posted.at("message_id").as_int64();
    }

    static constexpr std::int64_t group = -1009;
    asio::io_context loop;
    Playground playground{loop.get_executor(), options()};
    http::Router router;
    std::string bot = "/bot1000000001:playground/";
};

// A PNG header of that size; enough for whoever reads only the header.
inline std::string png_header(unsigned width, unsigned height) {
    using namespace std::string_literals;
    auto bytes = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s;
    for (const auto side : {width, height}) {
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes += static_cast<char>(side >> shift & 0xFF);
    }
    return bytes + "\x08\x02\0\0\0"s;
}

}  // namespace tgstats::playground
