#pragma once
// What goes over HTTP, as plain values: a request that has been read wholly, and a response that is
// either a body or a stream (server-sent events).

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hotreload/base/asio.h"

namespace tgstats::http {

using hotreload::Task;

// Named texts in their order; a name may occur again, find() gives the first.
class Params {
public:
    using Entry = std::pair<std::string, std::string>;

    void add(std::string name, std::string value);
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::string_view get(std::string_view name, std::string_view fallback = {}) const;
    // nullopt when absent or not wholly a decimal integer.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] auto begin() const { return entries_.begin(); }
    [[nodiscard]] auto end() const { return entries_.end(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    std::vector<Entry> entries_;
};

// Header fields; names compare without case.
class Headers {
public:
    void add(std::string name, std::string value);
    void set(std::string_view name, std::string value);  // replaces all of that name
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::string_view get(std::string_view name) const;  // empty when absent
    [[nodiscard]] auto begin() const { return entries_.begin(); }
    [[nodiscard]] auto end() const { return entries_.end(); }

private:
    std::vector<Params::Entry> entries_;
};

struct Request {
    std::string method;  // upper case: "GET"
    std::string target;  // as it came: "/a%20b?c=d"
    std::string path;    // percent-decoded, without the query: "/a b"
    Params query;        // decoded
    Params params;       // what the router's {names} matched
    Headers headers;
    std::string body;
    std::string remote;  // "127.0.0.1:53412"
};

// The sending end of a streamed response.
class Writer {
public:
    virtual ~Writer() = default;
    // False when the client has gone, did not read in time, or the server stops: end the stream
    // then.
    virtual Task<bool> write(std::string chunk) = 0;
};

// Runs until it is done or write() says false. It is cancelled when the server stops.
using Stream = std::function<Task<void>(Writer& writer)>;

struct Response {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    Headers headers;
    std::string body;
    Stream stream;  // when set, the body is ignored

    static Response text(int status, std::string body);
    static Response html(std::string body);
    static Response json(std::string body, int status = 200);
    static Response events(Stream stream);  // text/event-stream
};

using Handler = std::function<Task<Response>(Request request)>;

bool same_name(std::string_view a, std::string_view b);  // ASCII, without case

}  // namespace tgstats::http
