#include "tgstats/telegram/bot_api.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>

#include "tgstats/telegram/api_answer.h"
#include "tgstats/telegram/curl_loop.h"

namespace tgstats {

namespace {

constexpr long keepalive_idle_s = 30;
constexpr long keepalive_interval_s = 15;
constexpr unsigned unacknowledged_ms_max = 30'000;  // then the kernel gives a connection up

struct EasyDelete {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDelete {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct MimeDelete {
    void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};

// Hands curl the bytes of one upload, once: without a way back to the start curl cannot send the
// request a second time on a new connection.
struct UploadReader {
    const std::string* bytes;
    std::size_t read = 0;
};

std::size_t copy_some(char* target, std::size_t room, const std::string& from, std::size_t& read) {
    const auto count = std::min(room, from.size() - read);
    std::memcpy(target, from.data() + read, count);
    read += count;
    return count;
}

std::size_t read_upload(char* target, std::size_t size, std::size_t count, void* source) {
    auto& reader = *static_cast<UploadReader*>(source);
    return copy_some(target, size * count, *reader.bytes, reader.read);
}

// One request with all that curl reads while it runs.
struct Exchange {
    std::unique_ptr<CURL, EasyDelete> easy{curl_easy_init()};
    std::unique_ptr<curl_slist, ListDelete> headers;
    std::unique_ptr<curl_mime, MimeDelete> mime;
    std::string body;
    std::size_t body_read = 0;
    std::vector<Upload> uploads;
    std::vector<UploadReader> readers;
    std::string answer;
    std::size_t answer_bytes_max = api_response_bytes_max;
    char error[CURL_ERROR_SIZE] = "";
};

std::size_t take_bytes(char* bytes, std::size_t size, std::size_t count, void* target) {
    auto& exchange = *static_cast<Exchange*>(target);
    if (exchange.answer.size() + size * count > exchange.answer_bytes_max)
        return 0;  // makes curl give up
    exchange.answer.append(bytes, size * count);
    return size * count;
}

std::size_t read_body(char* target, std::size_t size, std::size_t count, void* source) {
    auto& exchange = *static_cast<Exchange*>(source);
    return copy_some(target, size * count, exchange.body, exchange.body_read);
}

void init_curl_once() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    if (what.empty()) return;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

ApiError network_error(const std::string& method, const std::string& reason) {
    return {ApiError::Kind::network, 0, method + ": " + reason, std::nullopt, std::nullopt};
}

// The server has certainly not got the request: no connection came about, the proxy refused it, or
// not a byte of the request was handed to it.
bool never_sent(CURL* easy, CURLcode code) {
    if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
        code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_PROXY)
        return true;
    long proxy_status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status != 0 && proxy_status / 100 != 2) return true;
    long request_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    return request_bytes == 0;
}

// What was sent and is not acknowledged in time ends the connection: a dead one is noticed long
// before the deadline of the request.
int limit_silence(void*, curl_socket_t fd, curlsocktype) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms_max,
                 sizeof unacknowledged_ms_max);
    return CURL_SOCKOPT_OK;
}

ApiError download_error(long status) {
    return {ApiError::Kind::api, static_cast<int>(status),
            "download: the server answered with HTTP " + std::to_string(status), std::nullopt,
            std::nullopt};
}

void add_part(curl_mime* mime, std::string_view name, std::string_view data) {
    auto* part = curl_mime_addpart(mime);
    curl_mime_name(part, std::string(name).c_str());
    curl_mime_data(part, data.data(), data.size());
}

void set_multipart(Exchange& exchange, const json::object& params) {
    exchange.mime.reset(curl_mime_init(exchange.easy.get()));
    for (const auto& [name, value] : params)
        add_part(exchange.mime.get(), name,
                 value.is_string() ? std::string(value.get_string()) : json::serialize(value));
    exchange.readers.reserve(exchange.uploads.size());  // curl keeps their addresses
    for (const auto& upload : exchange.uploads) {
        auto* part = curl_mime_addpart(exchange.mime.get());
        curl_mime_name(part, upload.field.c_str());
        auto& reader = exchange.readers.emplace_back(UploadReader{&upload.bytes});
        curl_mime_data_cb(part, static_cast<curl_off_t>(upload.bytes.size()), &read_upload, nullptr,
                          nullptr, &reader);
        curl_mime_filename(part, upload.file_name.c_str());
        if (!upload.content_type.empty()) curl_mime_type(part, upload.content_type.c_str());
    }
    // "Expect: 100-continue" would cost a round trip, or a second where a server does not answer
    // it.
    exchange.headers.reset(curl_slist_append(nullptr, "Expect:"));
    curl_easy_setopt(exchange.easy.get(), CURLOPT_MIMEPOST, exchange.mime.get());
}

void set_json(Exchange& exchange, const json::object& params, bool again_allowed) {
    exchange.body = json::serialize(params);
    exchange.headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_slist_append(exchange.headers.get(), "Expect:");
    curl_easy_setopt(exchange.easy.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(exchange.body.size()));
    if (again_allowed) {
        curl_easy_setopt(exchange.easy.get(), CURLOPT_POSTFIELDS, exchange.body.c_str());
        return;
    }
    curl_easy_setopt(exchange.easy.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(exchange.easy.get(), CURLOPT_READFUNCTION, &read_body);
    curl_easy_setopt(exchange.easy.get(), CURLOPT_READDATA, &exchange);
}

void set_common(Exchange& exchange, const BotApiOptions& options, const std::string& url,
                Millis deadline) {
    auto* easy = exchange.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // A request that ends while its name is being looked up does not wait for the look-up.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(deadline.count())));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, keepalive_idle_s);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, keepalive_interval_s);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &limit_silence);
    // One request on a connection at a time: one that is stuck ends with its request and takes no
    // other along. Over HTTP/2 the long poll and the messages would share a dead connection.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tgstats");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
    if (!options.proxy.empty()) {
        curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());
        curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // it was asked for: no_proxy does not count
    }
    if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    if (exchange.headers) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange.headers.get());
}

}  // namespace

bool repeatable(std::string_view method) {
    static constexpr std::array<std::string_view, 12> beginnings{
        "get", "set",   "edit",  "delete",         "pin",  "unpin", "answer",
        "ban", "unban", "close", "sendChatAction", "leave"};
    return std::ranges::any_of(
        beginnings, [method](std::string_view beginning) { return method.starts_with(beginning); });
}

std::string ApiError::text() const {
    return error_code == 0 ? description : description + " (" + std::to_string(error_code) + ")";
}

struct BotApi::State {
    State(const asio::any_io_executor& e, BotApiOptions o)
        : executor(e), options(std::move(o)), loop(std::make_shared<CurlLoop>(e)) {}

    [[nodiscard]] std::string without_token(std::string text) const {
        replace_all(text, options.token, "TOKEN");
        return text;
    }

    Task<CURLcode> transfer(std::shared_ptr<Exchange> exchange, Millis deadline);
    Task<Result<ApiAnswer, ApiError>> ask(std::string method, json::object params,
                                          std::vector<Upload> files, Millis deadline);
    // What the call has come to, without the token, and told.
    template <class Outcome>
    Outcome ended(const std::string& method, Outcome outcome, const hotreload::Stopwatch& watch);

    asio::any_io_executor executor;
    BotApiOptions options;
    std::shared_ptr<CurlLoop> loop;
};

// Completes with curl's code; throws operation_aborted when the coroutine is cancelled. Beyond the
// deadline, which curl holds by itself, the transfer is taken away from curl, and with it its
// connection.
Task<CURLcode> BotApi::State::transfer(std::shared_ptr<Exchange> exchange, Millis deadline) {
    // A frame that is cancelled or destroyed takes its transfer out of curl.
    struct Running {
        ~Running() { loop->cancel(easy); }
        std::shared_ptr<CurlLoop> loop;
        CURL* easy;
    };
    struct Signal {
        asio::steady_timer timer;
        std::optional<CURLcode> code;
    };
    const auto end = hotreload::deadline_after(deadline + api_watchdog_margin);
    const auto signal = std::make_shared<Signal>(Signal{{executor, end}, {}});
    const Running running{loop, exchange->easy.get()};
    loop->start(exchange->easy.get(), [signal](CURLcode code) {
        signal->code = code;
        signal->timer.cancel();
    });
    const auto [cancelled] = co_await signal->timer.async_wait(hotreload::as_values);
    if (signal->code) co_return *signal->code;
    if (cancelled) throw boost::system::system_error(asio::error::operation_aborted);
    co_return CURLE_OPERATION_TIMEDOUT;
}

BotApi::BotApi(asio::any_io_executor executor, BotApiOptions options) {
    init_curl_once();
    while (options.base_url.ends_with('/')) options.base_url.pop_back();
    state_ = std::make_shared<State>(executor, std::move(options));
}

BotApi::~BotApi() {
    if (state_) state_->loop->stop();
}
BotApi::BotApi(BotApi&&) noexcept = default;
BotApi& BotApi::operator=(BotApi&&) noexcept = default;

const std::string& BotApi::base_url() const { return state_->options.base_url; }

Task<ApiResult> BotApi::call(std::string method, json::object params) {
    return call(std::move(method), std::move(params), std::vector<Upload>{}, api_call_deadline);
}

Task<ApiResult> BotApi::call(std::string method, json::object params, std::vector<Upload> files,
                             Millis deadline) {
    const auto state = state_;  // outlives this object for as long as the call runs
    const hotreload::Stopwatch watch;
    const auto answer = co_await state->ask(method, std::move(params), std::move(files), deadline);
    ApiResult result = answer ? read_answer(method, *answer) : answer.error();
    co_return state->ended(method, std::move(result), watch);
}

Task<Result<PolledUpdates, ApiError>> BotApi::updates(json::object params, Millis deadline) {
    const auto state = state_;
    const std::string method = "getUpdates";
    const hotreload::Stopwatch watch;
    std::vector<Upload> no_files;
    const auto answer =
        co_await state->ask(method, std::move(params), std::move(no_files), deadline);
    Result<PolledUpdates, ApiError> updates =
        answer ? read_updates(method, *answer) : answer.error();
    co_return state->ended(method, std::move(updates), watch);
}

template <class Outcome>
Outcome BotApi::State::ended(const std::string& method, Outcome outcome,
                             const hotreload::Stopwatch& watch) {
    if (outcome) {
        if (options.on_call) options.on_call(method, nullptr, watch.total());
        return outcome;
    }
    auto error = outcome.error();
    error.description = without_token(std::move(error.description));
    if (options.on_call) options.on_call(method, &error, watch.total());
    return error;
}

Task<Result<ApiAnswer, ApiError>> BotApi::State::ask(std::string method, json::object params,
                                                     std::vector<Upload> files, Millis deadline) {
    const auto exchange = std::make_shared<Exchange>();
    exchange->uploads = std::move(files);
    if (exchange->uploads.empty())
        set_json(*exchange, params, repeatable(method));
    else
        set_multipart(*exchange, params);
    set_common(*exchange, options, options.base_url + "/bot" + options.token + "/" + method,
               deadline);
    const auto code = co_await transfer(exchange, deadline);
    if (code != CURLE_OK) {
        const std::string reason =
            exchange->error[0] != '\0' ? exchange->error : curl_easy_strerror(code);
        auto error = network_error(method, reason);
        error.not_sent = never_sent(exchange->easy.get(), code);
        co_return error;
    }
    ApiAnswer answer;
    curl_easy_getinfo(exchange->easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    answer.text = std::move(exchange->answer);
    co_return answer;
}

Task<Result<std::string, ApiError>> BotApi::download(std::string file_path, std::size_t bytes_max,
                                                     Millis deadline) {
    const auto state = state_;
    const auto exchange = std::make_shared<Exchange>();
    exchange->answer_bytes_max = bytes_max;
    const auto url = state->options.base_url + "/file/bot" + state->options.token + "/" + file_path;
    set_common(*exchange, state->options, url, deadline);
    const auto code = co_await state->transfer(exchange, deadline);
    if (code != CURLE_OK) {
        const std::string reason =
            exchange->error[0] != '\0' ? exchange->error : curl_easy_strerror(code);
        co_return network_error("download", state->without_token(reason));
    }
    long status = 0;
    curl_easy_getinfo(exchange->easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) co_return std::move(exchange->answer);
    co_return download_error(status);
}

}  // namespace tgstats
