#include "tgstats/http/host_check.h"

#include <algorithm>

namespace tgstats::http {

std::string_view host_part(std::string_view authority) {
    std::size_t end = 0;
    if (authority.starts_with('[')) {
        end = authority.find(']');
        if (end == std::string_view::npos) return {};
        ++end;
    } else {
        end = std::min(authority.find(':'), authority.size());
    }
    const auto rest = authority.substr(end);
    if (rest.empty()) return authority;
    const auto port = rest.substr(1);
    const bool digits = !port.empty() && std::all_of(port.begin(), port.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    if (rest.front() != ':' || !digits) return {};
    return authority.substr(0, end);
}

HostCheck::HostCheck(std::string listen, std::vector<std::string> more)
    : hosts_{"127.0.0.1", "localhost", "[::1]"} {
    const auto own = host_part(listen);
    // Listening everywhere names no host of its own: the operator lists them.
    if (!own.empty() && own != "0.0.0.0" && own != "[::]") hosts_.emplace_back(own);
    hosts_.insert(hosts_.end(), more.begin(), more.end());
}

bool HostCheck::known(std::string_view authority) const {
    const auto host = host_part(authority);
    if (host.empty()) return false;
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [&](const std::string& name) { return same_name(name, host); });
}

std::optional<Response> HostCheck::refuse(const Request& request) const {
    if (!known(request.headers.get("Host"))) {
        return Response::text(403,
                              "Refused: this server answers only to its own host name "
                              "(use http://127.0.0.1 or http://localhost).\n");
    }
    const auto origin = request.headers.find("Origin");
    if (!origin) return std::nullopt;
    const auto scheme_end = origin->find("://");
    if (scheme_end == std::string_view::npos || !known(origin->substr(scheme_end + 3))) {
        return Response::text(403,
                              "Refused: requests from pages of other sites are not answered.\n");
    }
    return std::nullopt;
}

}  // namespace tgstats::http
