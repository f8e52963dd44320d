#pragma once
// libcurl's multi interface on the Asio loop: curl says which sockets and which timer to wait for,
// Asio waits. Inside this folder only. Loop thread only.

#include <functional>
#include <memory>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

namespace tgstats {

namespace asio = boost::asio;

class CurlLoop : public std::enable_shared_from_this<CurlLoop> {
public:
    using Done = std::function<void(CURLcode)>;

    explicit CurlLoop(asio::any_io_executor executor);
    ~CurlLoop();
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;

    // Starts a transfer; `done` is called once from the loop, never from within start() or
    // cancel().
    void start(CURL* easy, Done done);
    // Takes a transfer out; its `done` is dropped.
    void cancel(CURL* easy);
    // Takes all out; each `done` gets CURLE_ABORTED_BY_CALLBACK.
    void stop();

private:
    // A socket that curl uses: the descriptor stays curl's, Asio only waits on it.
    struct Socket {
        Socket(asio::any_io_executor executor, curl_socket_t fd)
            : descriptor(std::move(executor), fd) {}
        ~Socket() { descriptor.release(); }

        asio::posix::stream_descriptor descriptor;
        int wanted = 0;
        bool reading = false;
        bool writing = false;
    };

    void set_timer(long timeout_ms);
    void watch(curl_socket_t fd, int what);
    void wait_readable(const std::shared_ptr<Socket>& socket);
    void wait_writable(const std::shared_ptr<Socket>& socket);
    void act(curl_socket_t fd, int events);
    void collect();

    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    std::unordered_map<curl_socket_t, std::shared_ptr<Socket>> sockets_;
    std::unordered_map<CURL*, Done> transfers_;
    CURLM* multi_;
};

}  // namespace tgstats
