#include "tgstats/http/connection.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include "tgstats/http/form.h"

namespace tgstats::http {

namespace beast_http = boost::beast::http;
using boost::system::error_code;
using hotreload::as_values;

namespace {

constexpr Millis linger_deadline{1'000};
constexpr std::size_t linger_bytes_max = 64 * 1024 * 1024;

std::string text_of(const asio::ip::tcp::socket& socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error) return {};
    const auto host = peer.address().to_string();
    return (peer.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(peer.port());
}

// nullopt when path or query are not well escaped.
template <class Message>
std::optional<Request> to_request(Message& message, const std::string& remote) {
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    std::string_view target = request.target;
    // The absolute form ("GET http://host/path") means the same.
    if (const auto scheme = target.find("://");
        !target.starts_with('/') && scheme != std::string_view::npos) {
        const auto slash = target.find('/', scheme + 3);
        target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
    }
    target = target.substr(0, target.find('#'));
    const auto question = target.find('?');
    auto path = percent_decode(target.substr(0, question), false);
    auto query = question == std::string_view::npos ? Params()
                                                    : parse_urlencoded(target.substr(question + 1));
    if (!path || !query) return std::nullopt;
    request.path = std::move(*path);
    request.query = std::move(*query);
    for (const auto& field : message) {
        request.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    request.body = std::move(message.body());
    request.remote = remote;
    return request;
}

template <class Message>
void fill_head(Message& message, const Response& response) {
    message.set(beast_http::field::content_type, response.content_type);
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) message.insert(name, value);
}

}  // namespace

// Sends chunks while the stream coroutine runs; HTTP/1.0 clients get plain bytes until the
// connection closes.
class Connection::ChunkWriter : public Writer {
public:
    ChunkWriter(Connection& connection, bool chunked)
        : connection_(connection), chunked_(chunked) {}

    Task<bool> write(std::string chunk) override {
        if (failed_ || connection_.shared_.stopping) co_return false;
        if (chunk.empty()) co_return true;
        auto& stream = connection_.stream_;
        stream.expires_after(connection_.shared_.options.limits.write_deadline);
        error_code error;
        if (chunked_) {
            auto framed = beast_http::make_chunk(asio::buffer(chunk));
            std::tie(error, std::ignore) = co_await asio::async_write(stream, framed, as_values);
        } else {
            std::tie(error, std::ignore) =
                co_await asio::async_write(stream, asio::buffer(chunk), as_values);
        }
        stream.expires_never();
        failed_ = static_cast<bool>(error);
        co_return !failed_;
    }

private:
    Connection& connection_;
    bool chunked_;
    bool failed_ = false;
};

Connection::Connection(asio::ip::tcp::socket socket, const Shared& shared)
    : stream_(std::move(socket)), shared_(shared), remote_(text_of(stream_.socket())) {
    error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::close() {
    error_code ignored;
    stream_.socket().close(ignored);
}

Task<void> Connection::run() {
    bool keep = true;
    while (keep && !shared_.stopping) keep = co_await serve_one();
    co_await linger();
}

// Closing with unread bytes would reset the connection and could take our last answer away from the
// client: say that no more comes, then read what still arrives, within bounds.
Task<void> Connection::linger() {
    error_code error;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    std::array<char, 16 * 1024> dropped{};
    std::size_t total = 0;
    stream_.expires_after(linger_deadline);
    while (!error && total < linger_bytes_max) {
        std::size_t count = 0;
        std::tie(error, count) = co_await stream_.async_read_some(asio::buffer(dropped), as_values);
        total += count;
    }
    close();
}

Task<bool> Connection::serve_one() {
    phase_ = Phase::reading;
    Parser parser;
    const bool whole = co_await read(parser);
    if (!whole) co_return false;
    phase_ = Phase::answering;
    auto request = to_request(parser.get(), remote_);
    Response response;
    if (request)
        response = co_await answer(std::move(*request));
    else
        response = Response::text(400, "The address is not well escaped.\n");
    const bool keep = co_await send(std::move(response), parser);
    co_return keep;
}

Task<bool> Connection::read(Parser& parser) {
    const auto& limits = shared_.options.limits;
    parser.header_limit(limits.header_bytes_max);
    parser.body_limit(limits.body_bytes_max);
    stream_.expires_after(first_ ? limits.header_deadline : limits.idle_deadline);
    first_ = false;
    auto [head_error, head_count] =
        co_await beast_http::async_read_header(stream_, buffer_, parser, as_values);
    if (head_error) {
        const bool keep = co_await refuse(head_error);
        co_return keep;
    }
    if (same_name(parser.get()[beast_http::field::expect], "100-continue")) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        auto [error, count] = co_await asio::async_write(stream_, asio::buffer(go_on), as_values);
        if (error) co_return false;
    }
    stream_.expires_after(limits.body_deadline);
    auto [error, count] = co_await beast_http::async_read(stream_, buffer_, parser, as_values);
    stream_.expires_never();
    if (error) {
        const bool keep = co_await refuse(error);
        co_return keep;
    }
    co_return true;
}

// Answers what could not be read, when there is somebody to tell. Never keeps the connection.
Task<bool> Connection::refuse(error_code error) {
    if (error.category() != beast_http::make_error_code(beast_http::error::bad_method).category())
        co_return false;
    if (error == beast_http::error::end_of_stream || error == beast_http::error::partial_message)
        co_return false;
    Response response =
        Response::text(400, "This is not a well-formed HTTP request: " + error.message() + ".\n");
    if (error == beast_http::error::body_limit) {
        const auto megabytes = shared_.options.limits.body_bytes_max / (1024 * 1024);
        response = Response::text(
            413, "The request is larger than " + std::to_string(megabytes) + " MB.\n");
    }
    if (error == beast_http::error::header_limit) {
        response = Response::text(431, "The request's headers are too large.\n");
    }
    const Parser unread;
    co_await send_body(std::move(response), unread);
    co_return false;
}

Task<Response> Connection::answer(Request request) {
    std::string line = request.method + " " + request.path + ": ";
    try {
        auto response = co_await shared_.handler(std::move(request));
        co_return response;
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        line += error.what();
    } catch (const std::exception& error) {
        line += error.what();
    }
    if (shared_.options.on_error) shared_.options.on_error(line);
    co_return Response::text(500, "The server failed to answer; its log says why.\n");
}

Task<bool> Connection::send(Response response, const Parser& parser) {
    if (response.stream) {
        const bool keep = co_await send_stream(std::move(response), parser);
        co_return keep;
    }
    const bool keep = co_await send_body(std::move(response), parser);
    co_return keep;
}

Task<bool> Connection::send_body(Response response, const Parser& parser) {
    const bool keep = parser.is_done() && parser.keep_alive() && !shared_.stopping;
    const bool bodiless = parser.get().method() == beast_http::verb::head;
    const unsigned version = parser.is_done() ? parser.get().version() : 11;
    beast_http::response<beast_http::string_body> message;
    message.version(version);
    message.result(static_cast<unsigned>(response.status));
    fill_head(message, response);
    message.keep_alive(keep);
    message.content_length(response.body.size());
    if (!bodiless) message.body() = std::move(response.body);
    beast_http::response_serializer<beast_http::string_body> serializer(message);
    stream_.expires_after(shared_.options.limits.write_deadline);
    error_code error;
    if (bodiless) {
        std::tie(error, std::ignore) =
            co_await beast_http::async_write_header(stream_, serializer, as_values);
    } else {
        std::tie(error, std::ignore) =
            co_await beast_http::async_write(stream_, serializer, as_values);
    }
    stream_.expires_never();
    co_return !error && keep;
}

Task<bool> Connection::send_stream(Response response, const Parser& parser) {
    const bool chunked = parser.get().version() >= 11;
    const bool keep = chunked && parser.keep_alive();
    beast_http::response<beast_http::empty_body> head;
    head.version(parser.get().version());
    head.result(static_cast<unsigned>(response.status));
    fill_head(head, response);
    head.keep_alive(keep);
    head.chunked(chunked);
    beast_http::response_serializer<beast_http::empty_body> serializer(head);
    stream_.expires_after(shared_.options.limits.write_deadline);
    auto [head_error, count] =
        co_await beast_http::async_write_header(stream_, serializer, as_values);
    stream_.expires_never();
    if (head_error) co_return false;
    if (parser.get().method() == beast_http::verb::head) co_return keep;
    phase_ = Phase::streaming;
    ChunkWriter writer(*this, chunked);
    co_await response.stream(writer);
    if (!chunked) co_return false;
    stream_.expires_after(shared_.options.limits.write_deadline);
    auto last = beast_http::make_chunk_last();
    auto [error, written] = co_await asio::async_write(stream_, last, as_values);
    stream_.expires_never();
    co_return !error && keep;
}

}  // namespace tgstats::http
