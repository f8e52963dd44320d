#include "tgstats/http/client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace tgstats::http {

namespace beast_http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using hotreload::as_values;
using hotreload::Result;

namespace {

using Outcome = Result<Answer, std::string>;
using Message = beast_http::request<beast_http::string_body>;

Outcome failed(const char* doing, const Url& url, const error_code& error) {
    auto line =
        std::string("cannot ") + doing + " " + url.host + ":" + url.port + ": " + error.message();
    return {boost::system::in_place_error, std::move(line)};
}

Message to_message(Call& call, const Url& url) {
    Message message;
    message.version(11);
    message.method_string(call.method);
    message.target(url.target);
    message.set(beast_http::field::host, url.host + ":" + url.port);
    for (const auto& [name, value] : call.headers) message.set(name, value);
    message.body() = std::move(call.body);
    message.keep_alive(false);
    message.prepare_payload();
    return message;
}

Answer to_answer(beast_http::response<beast_http::string_body>& message) {
    Answer answer;
    answer.status = static_cast<int>(message.result_int());
    for (const auto& field : message) {
        answer.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    answer.body = std::move(message.body());
    return answer;
}

template <class Stream>
Task<Outcome> talk(Stream& stream, const Url& url, Call& call) {
    auto message = to_message(call, url);
    auto [write_error, written] = co_await beast_http::async_write(stream, message, as_values);
    if (write_error) co_return failed("write to", url, write_error);
    boost::beast::flat_buffer buffer;
    beast_http::response_parser<beast_http::string_body> parser;
    parser.body_limit(client_body_bytes_max);
    if (call.method == "HEAD") parser.skip(true);
    auto [read_error, read] = co_await beast_http::async_read(stream, buffer, parser, as_values);
    if (read_error) co_return failed("read from", url, read_error);
    co_return to_answer(parser.get());
}

// The first error, if there is one.
error_code prepare(ssl::context& context, const std::string& trusted) {
    error_code error;
    context.set_default_verify_paths(error);
    if (!error && !trusted.empty())
        context.add_certificate_authority(hotreload::asio::buffer(trusted), error);
    return error;
}

Task<Outcome> talk_secretly(boost::beast::tcp_stream& plain, const Url& url, Call& call) {
    ssl::context context(ssl::context::tls_client);
    if (const auto error = prepare(context, call.trusted))
        co_return failed("read the certificate trusted for", url, error);
    ssl::stream<boost::beast::tcp_stream&> stream(plain, context);
    stream.set_verify_mode(ssl::verify_peer);
    stream.set_verify_callback(ssl::host_name_verification(url.host));
    SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
    const auto [error] = co_await stream.async_handshake(ssl::stream_base::client, as_values);
    if (error) co_return failed("agree on TLS with", url, error);
    auto outcome = co_await talk(stream, url, call);
    co_return outcome;
}

}  // namespace

std::optional<Url> parse_http_url(const std::string& url) {
    const bool tls = url.starts_with("https://");
    if (!tls && !url.starts_with("http://")) return std::nullopt;
    const auto rest = std::string_view(url).substr(url.find("://") + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    auto host = rest.substr(0, end);
    Url parsed{{}, tls ? "443" : "80", std::string(rest.substr(end)), tls};
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && !host.ends_with(']')) {
        parsed.port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    parsed.host = host;
    if (!parsed.target.starts_with('/')) parsed.target.insert(0, "/");
    parsed.target = parsed.target.substr(0, parsed.target.find('#'));
    const bool digits = parsed.port.find_first_not_of("0123456789") == std::string::npos;
    if (parsed.host.empty() || parsed.port.empty() || !digits) return std::nullopt;
    return parsed;
}

Task<Outcome> fetch(hotreload::asio::any_io_executor executor, Call call) {
    const auto url = parse_http_url(call.url);
    if (!url)
        co_return Outcome(boost::system::in_place_error,
                          "not an http:// or https:// address: " + call.url);
    boost::beast::tcp_stream stream(executor);
    stream.expires_after(call.deadline);
    hotreload::asio::ip::tcp::resolver resolver(executor);
    auto [resolve_error, endpoints] =
        co_await resolver.async_resolve(url->host, url->port, as_values);
    if (resolve_error) co_return failed("resolve", *url, resolve_error);
    auto [connect_error, endpoint] = co_await stream.async_connect(endpoints, as_values);
    if (connect_error) co_return failed("connect to", *url, connect_error);
    if (url->tls) {
        auto outcome = co_await talk_secretly(stream, *url, call);
        co_return outcome;
    }
    auto outcome = co_await talk(stream, *url, call);
    co_return outcome;
}

}  // namespace tgstats::http
