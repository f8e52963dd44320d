#include "tgstats/http/router.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace tgstats::http {
namespace {

Response ask(const Router& router, Request request) {
    hotreload::asio::io_context loop;
    auto future = co_spawn(loop, router.handle(std::move(request)), hotreload::asio::use_future);
    loop.run();
    return future.get();
}

Handler say(std::string text) {
    return [text](Request request) -> Task<Response> {
        std::string body = text;
        for (const auto& [name, value] : request.params) body += " " + name + "=" + value;
        co_return Response::text(200, body);
    };
}

Request request_for(std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers.add("host", "127.0.0.1:8080");
    return request;
}

Router sample() {
    Router router{HostCheck("192.168.1.5:80")};
    router.add("*", "/bot{token}/{method}", say("bot"), Access::open);
    router.add("GET", "/file/bot{token}/{path...}", say("file"), Access::open);
    router.add("GET", "/api/plugins", say("list"));
    router.add("POST", "/api/plugins/{name}/{verb}", say("verb"));
    return router;
}

TEST(Router, FillsParameters) {
    const auto router = sample();
    EXPECT_EQ(ask(router, request_for("POST", "/bot1:x/getMe")).body, "bot token=1:x method=getMe");
    EXPECT_EQ(ask(router, request_for("GET", "/file/bot1:x/photos/a.png")).body,
              "file token=1:x path=photos/a.png");
    EXPECT_EQ(ask(router, request_for("HEAD", "/api/plugins")).body, "list");
    EXPECT_EQ(ask(router, request_for("POST", "/api/plugins/a/reload")).body,
              "verb name=a verb=reload");
}

TEST(Router, SaysWhatIsWrong) {
    const auto router = sample();
    EXPECT_EQ(ask(router, request_for("GET", "/api/plugins/")).status, 404);
    EXPECT_EQ(ask(router, request_for("GET", "/bot/getMe")).status, 404);
    const auto response = ask(router, request_for("DELETE", "/api/plugins"));
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.get("allow"), "GET");
}

TEST(Router, RefusesForeignHostsButOnOpenRoutes) {
    const auto router = sample();
    const auto status = [&](const char* host, const char* origin, const char* path) {
        Request request;
        request.method = "GET";
        request.path = path;
        if (host) request.headers.add("Host", host);
        if (origin) request.headers.add("Origin", origin);
        return ask(router, std::move(request)).status;
    };
    for (const auto* host :
         {"127.0.0.1", "LOCALHOST:99", "[::1]:8080", "[::1]", "192.168.1.5:80"}) {
        EXPECT_EQ(status(host, nullptr, "/api/plugins"), 200) << host;
    }
    for (const auto* host : {"evil.example", "127.0.0.1.evil.example", "localhost:8a", "", "[::1",
                             "[::2]:1", "localhost.", "user@localhost"}) {
        EXPECT_EQ(status(host, nullptr, "/api/plugins"), 403) << host;
        EXPECT_EQ(status(host, nullptr, "/bot1:x/getMe"), 200) << host;
        EXPECT_EQ(status(host, nullptr, "/absent"), 403) << host;
    }
    EXPECT_EQ(status(nullptr, nullptr, "/api/plugins"), 403);
    EXPECT_EQ(status("localhost", "http://localhost:8080", "/api/plugins"), 200);
    for (const auto* origin :
         {"http://evil.example", "null", "http://localhost.evil.example:80", "localhost"}) {
        EXPECT_EQ(status("localhost", origin, "/api/plugins"), 403) << origin;
    }
}

}  // namespace
}  // namespace tgstats::http
