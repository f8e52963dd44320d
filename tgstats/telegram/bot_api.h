#pragma once
// The Bot API as one coroutine for each call, over libcurl driven by the Asio loop. Every request
// has a total deadline, and the token appears in no error text. Loop thread only.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "tgstats/telegram/update.h"

namespace tgstats {

namespace asio = boost::asio;
namespace json = boost::json;
using hotreload::Micros;
using hotreload::Millis;
using hotreload::Result;
using hotreload::Task;

inline constexpr Millis api_call_deadline{30'000};
inline constexpr Millis api_upload_deadline{120'000};
// Beyond a call's deadline: whatever the HTTP client believes, its request ends then.
inline constexpr Millis api_watchdog_margin{2'000};
inline constexpr std::size_t api_response_bytes_max = 64U << 20;

struct ApiError {
    enum class Kind {
        network,    // no answer: connection, TLS, deadline, cancelled
        api,        // an answer with ok:false
        malformed,  // an answer that is no Bot API answer
    };
    Kind kind = Kind::network;
    int error_code = 0;  // the Bot API's error_code, or the HTTP status of a malformed answer, or 0
    std::string description;
    std::optional<int> retry_after_s;
    std::optional<std::int64_t> migrate_to_chat_id;
    bool not_sent = false;  // there was no connection: the server certainly did not get the request

    [[nodiscard]] std::string text() const;  // "sendMessage: Bad Request: chat not found (400)"
};

// One file of a multipart request.
struct Upload {
    std::string field;  // the Bot API parameter: "photo", or the name used by "attach://name"
    std::string file_name;
    std::string content_type;
    std::string bytes;
};

struct BotApiOptions {
    std::string token;
    std::string base_url = "https://api.telegram.org";
    std::string proxy;    // "socks5h://host:port", "http://host:port"; empty: the environment's
                          // (https_proxy, all_proxy, no_proxy)
    std::string ca_file;  // PEM, whom to trust instead of the system's authorities; empty: those
    Millis connect_timeout{10'000};
    // Told of each call that has ended; the error is null where it went well.
    std::function<void(const std::string& method, const ApiError* error, Micros took)> on_call;
};

// Whether doing it twice is the same as doing it once. What is not (a message would appear twice)
// is never sent again by itself, not even by the HTTP client when a kept connection turns out to be
// broken.
bool repeatable(std::string_view method);

using ApiResult = Result<json::value, ApiError>;

struct PolledUpdates {
    std::vector<Update> updates;
    std::size_t strangers = 0;  // entries that are no Update: nobody could say which they were
};

class BotApi {
public:
    BotApi(asio::any_io_executor executor, BotApiOptions options);
    ~BotApi();  // requests still under way end with a network error
    BotApi(BotApi&&) noexcept;
    BotApi& operator=(BotApi&&) noexcept;

    // The `result` of the answer. Ends at `deadline` at the latest. Cancellation aborts the request
    // and throws operation_aborted, as Asio's own operations do.
    Task<ApiResult> call(std::string method, json::object params, std::vector<Upload> files,
                         Millis deadline);
    Task<ApiResult> call(std::string method, json::object params);

    // getUpdates. Each update is read by itself: one that cannot be spoils no other.
    Task<Result<PolledUpdates, ApiError>> updates(json::object params, Millis deadline);

    // The content of a file that getFile named; at most `bytes_max`.
    Task<Result<std::string, ApiError>> download(std::string file_path, std::size_t bytes_max,
                                                 Millis deadline);

    [[nodiscard]] const std::string& base_url() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tgstats
