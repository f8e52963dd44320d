#pragma once
// One client's connection: reads requests one after another and answers each. Private to this
// folder.

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "hotreload/base/task_group.h"
#include "tgstats/http/server.h"

namespace tgstats::http {

// What all connections of a server share; it outlives them.
struct Shared {
    Handler handler;
    ServerOptions options;
    bool stopping = false;
};

class Connection {
public:
    Connection(asio::ip::tcp::socket socket, const Shared& shared);

    Task<void> run();
    // At stop: true when nothing is to be finished here (waiting for a request, or streaming).
    [[nodiscard]] bool interruptible() const { return phase_ != Phase::answering; }
    void close();

    hotreload::TaskGroup::Handle task;

private:
    enum class Phase { reading, answering, streaming };
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    class ChunkWriter;

    Task<bool> serve_one();
    Task<bool> read(Parser& parser);
    Task<bool> refuse(boost::system::error_code error);
    Task<Response> answer(Request request);
    Task<bool> send(Response response, const Parser& parser);
    Task<bool> send_body(Response response, const Parser& parser);
    Task<bool> send_stream(Response response, const Parser& parser);
    Task<void> linger();

    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    const Shared& shared_;
    std::string remote_;
    Phase phase_ = Phase::reading;
    bool first_ = true;
};

}  // namespace tgstats::http
