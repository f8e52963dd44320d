#pragma once
// Keeps pages of other sites away from a server on this machine (DNS rebinding, cross-site
// requests): only names of the loopback interface and the listen address itself are answered.

#include <optional>
#include <string>
#include <vector>

#include "tgstats/http/message.h"

namespace tgstats::http {

class HostCheck {
public:
    // `listen` is the server's address ("127.0.0.1:8080"); `more` are host names without port that
    // are fine, too.
    explicit HostCheck(std::string listen, std::vector<std::string> more = {});

    // The 403 for a foreign, absent or malformed Host, or a foreign Origin; nullopt when all is
    // well.
    [[nodiscard]] std::optional<Response> refuse(const Request& request) const;

private:
    [[nodiscard]] bool known(std::string_view authority) const;  // host, or host:port

    std::vector<std::string> hosts_;
};

// "[::1]:80" -> "[::1]", "localhost" -> "localhost"; empty when malformed.
std::string_view host_part(std::string_view authority);

}  // namespace tgstats::http
