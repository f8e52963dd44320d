#include "tgstats/web/pages.h"

#include <algorithm>

#include "tgstats/web/assets.h"

namespace tgstats {
namespace {

std::string content_type(std::string_view name) {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    return "application/octet-stream";
}

http::Response page(std::string_view name) {
    const auto all = assets();
    const auto found = std::ranges::find(all, name, &Asset::name);
    if (found == all.end()) return http::Response::text(404, "There is no such page.\n");
    http::Response response;
    response.content_type = content_type(name);
    response.headers.set("Cache-Control", "no-cache");
    // Nothing from elsewhere is ever loaded or embedded.
    response.headers.set("Content-Security-Policy",
                         "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = found->bytes;
    return response;
}

http::Task<http::Response> answer_with(std::string name) { co_return page(name); }

}  // namespace

void mount_pages(http::Router& router, bool with_playground) {
    const std::string first = with_playground ? "index.html" : "panel.html";
    router.add("GET", "/", [first](http::Request) { return answer_with(first); });
    router.add("GET", "/static/{name}", [](http::Request request) {
        return answer_with(std::string(request.params.get("name")));
    });
}

}  // namespace tgstats
