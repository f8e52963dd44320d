#pragma once
// A list of routes, tried in order: method, path pattern, handler. Foreign hosts are refused unless
// a route is open.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tgstats/http/host_check.h"
#include "tgstats/http/message.h"

namespace tgstats::http {

// Who may call a route: only clients that name this machine (HostCheck), or anyone who reaches the
// port.
enum class Access { local, open };

class Router {
public:
    Router() = default;  // no host check: for tests and for servers that do their own
    explicit Router(HostCheck check) : check_(std::move(check)) {}

    // Pattern: literal text and {name} for a part of one path segment ("/bot{token}/{method}"); a
    // last {name...} takes the rest, slashes too. Matched values are in Request::params. Method "*"
    // is any; HEAD is answered by GET's handler.
    void add(std::string method, std::string pattern, Handler handler,
             Access access = Access::local);

    // 404 when no pattern fits, 405 with Allow when only the method does not. The router must
    // outlive the coroutine.
    Task<Response> handle(Request request) const;

    // A handler for Server. The router must outlive it.
    [[nodiscard]] Handler handler() const;

private:
    struct Route {
        std::string method;
        std::string pattern;
        Handler handler;
        Access access;
    };

    std::vector<Route> routes_;
    std::optional<HostCheck> check_;
};

// What the {names} of `pattern` hold when `path` fits; nullopt when it does not.
std::optional<Params> match_path(std::string_view pattern, std::string_view path);

}  // namespace tgstats::http
