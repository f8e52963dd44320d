#pragma once
// One HTTP request from the loop, with TLS where the address says so: webhook deliveries of the
// playground, and tests. No redirects.

#include <string>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "tgstats/http/message.h"

namespace tgstats::http {

inline constexpr std::uint64_t client_body_bytes_max = 64ULL * 1024 * 1024;

struct Url {
    std::string host;    // without brackets
    std::string port;    // "80" or "443" when the URL has none
    std::string target;  // path and query, at least "/"
    bool tls = false;
};
// nullopt unless it is http[s]://host[:port][/path][?query].
std::optional<Url> parse_http_url(const std::string& url);

struct Call {
    std::string method = "GET";
    std::string url;
    Headers headers;
    std::string body;
    std::string trusted;  // PEM: trusted besides the system's authorities and SSL_CERT_FILE's
    hotreload::Millis deadline{10'000};  // for everything together
};

struct Answer {
    int status = 0;
    Headers headers;
    std::string body;
};

// The error is one line: "cannot connect to 127.0.0.1:8080: connection refused".
Task<hotreload::Result<Answer, std::string>> fetch(hotreload::asio::any_io_executor executor,
                                                   Call call);

}  // namespace tgstats::http
