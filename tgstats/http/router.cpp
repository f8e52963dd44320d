#include "tgstats/http/router.h"

namespace tgstats::http {

namespace {

bool fits(const std::string& route_method, const std::string& method) {
    return route_method == "*" || route_method == method ||
           (route_method == "GET" && method == "HEAD");
}

}  // namespace

std::optional<Params> match_path(std::string_view pattern, std::string_view path) {
    Params params;
    while (!pattern.empty()) {
        if (pattern.front() != '{') {
            if (path.empty() || path.front() != pattern.front()) return std::nullopt;
            pattern.remove_prefix(1);
            path.remove_prefix(1);
            continue;
        }
        const auto close = pattern.find('}');
        auto name = pattern.substr(1, close - 1);
        pattern.remove_prefix(close + 1);
        auto length = path.size();
        if (name.ends_with("...")) {
            name.remove_suffix(3);
        } else {
            length = std::min(path.find('/'), path.size());
            const auto stop = pattern.empty() ? '/' : pattern.front();
            length = std::min(length, path.find(stop));
        }
        if (length == 0) return std::nullopt;
        params.add(std::string(name), std::string(path.substr(0, length)));
        path.remove_prefix(length);
    }
    if (!path.empty()) return std::nullopt;
    return params;
}

void Router::add(std::string method, std::string pattern, Handler handler, Access access) {
    routes_.push_back({std::move(method), std::move(pattern), std::move(handler), access});
}

Task<Response> Router::handle(Request request) const {
    std::optional<Response> refusal;
    if (check_) refusal = check_->refuse(request);
    std::string allowed;
    for (const auto& route : routes_) {
        auto params = match_path(route.pattern, request.path);
        if (!params) continue;
        if (!fits(route.method, request.method)) {
            allowed += (allowed.empty() ? "" : ", ") + route.method;
            continue;
        }
        if (refusal && route.access == Access::local) co_return std::move(*refusal);
        request.params = std::move(*params);
        auto response = co_await route.handler(std::move(request));
        co_return response;
    }
    if (refusal) co_return std::move(*refusal);
    if (allowed.empty()) co_return Response::text(404, "Nothing is here: " + request.path + "\n");
    auto response = Response::text(405, "This path answers to " + allowed + ".\n");
    response.headers.add("Allow", allowed);
    co_return response;
}

Handler Router::handler() const {
    return [this](Request request) { return handle(std::move(request)); };
}

}  // namespace tgstats::http
