#pragma once
// An HTTP/1.1 server on the loop: keep-alive, bounded reading, deadlines on every wait, streamed
// responses.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "tgstats/http/message.h"

namespace tgstats::http {

using hotreload::Millis;
using hotreload::Result;
namespace asio = hotreload::asio;

struct ServerLimits {
    std::uint32_t header_bytes_max = 16 * 1024;
    std::uint64_t body_bytes_max =
        52ULL * 1024 * 1024;  // the Bot API takes files of 50 MB, plus the form around them
    std::size_t connections_max = 512;
    Millis header_deadline{
        15'000};  // from the first byte wanted to the end of the headers, first request
    Millis idle_deadline{75'000};  // the same for later requests on a kept connection
    Millis body_deadline{120'000};
    Millis write_deadline{30'000};  // one response, or one chunk of a stream
};

inline constexpr Millis server_cancel_deadline{100};  // coroutines end at their next suspension

struct ServerOptions {
    ServerLimits limits;
    // One line about a handler that threw; the client has got a 500.
    std::function<void(const std::string& line)> on_error;
};

class Server {
public:
    // `address` is "127.0.0.1:8080", "[::1]:8080" or "localhost:8080"; port 0 lets the kernel
    // choose. The error is one line for the operator.
    static Result<Server, std::string> listen(asio::any_io_executor executor,
                                              const std::string& address, Handler handler,
                                              ServerOptions options = {});
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;
    ~Server();  // after stop()

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string address() const;  // with the real port: "127.0.0.1:43121"
    [[nodiscard]] std::size_t connections() const;

    // Stops accepting, ends idle connections and streams at once, lets running requests finish
    // until the deadline, then cancels them: what was cancelled has server_cancel_deadline to end.
    // False when something had to be cancelled.
    Task<bool> stop(Millis deadline);

    struct State;

private:
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tgstats::http
