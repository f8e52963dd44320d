#include "tgstats/telegram/curl_loop.h"

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tgstats {

namespace {

constexpr long cached_connections_max = 16;

}  // namespace

CurlLoop::CurlLoop(asio::any_io_executor executor)
    : executor_(std::move(executor)), timer_(executor_), multi_(curl_multi_init()) {
    if (multi_ == nullptr) throw std::runtime_error("curl_multi_init failed");
    const auto on_socket = [](CURL*, curl_socket_t fd, int what, void* self, void*) {
        static_cast<CurlLoop*>(self)->watch(fd, what);
        return 0;
    };
    const auto on_timer = [](CURLM*, long timeout_ms, void* self) {
        static_cast<CurlLoop*>(self)->set_timer(timeout_ms);
        return 0;
    };
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, +on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, +on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, cached_connections_max);
}

CurlLoop::~CurlLoop() {
    for (const auto& [easy, done] : transfers_) curl_multi_remove_handle(multi_, easy);
    curl_multi_cleanup(multi_);
}

void CurlLoop::start(CURL* easy, Done done) {
    transfers_.emplace(easy, std::move(done));
    curl_multi_add_handle(multi_, easy);
}

void CurlLoop::cancel(CURL* easy) {
    if (transfers_.erase(easy) > 0) curl_multi_remove_handle(multi_, easy);
}

void CurlLoop::stop() {
    for (auto& [easy, done] : std::exchange(transfers_, {})) {
        curl_multi_remove_handle(multi_, easy);
        done(CURLE_ABORTED_BY_CALLBACK);
    }
}

void CurlLoop::set_timer(long timeout_ms) {
    timer_.cancel();
    if (timeout_ms < 0) return;
    timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto alive = weak.lock();
        if (alive && !error) alive->act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void CurlLoop::watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
        sockets_.erase(fd);
        return;
    }
    auto& socket = sockets_[fd];
    if (!socket) socket = std::make_shared<Socket>(executor_, fd);
    socket->wanted = what;
    if ((what & CURL_POLL_IN) != 0) wait_readable(socket);
    if ((what & CURL_POLL_OUT) != 0) wait_writable(socket);
}

void CurlLoop::wait_readable(const std::shared_ptr<Socket>& socket) {
    if (std::exchange(socket->reading, true)) return;
    socket->descriptor.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [weak = weak_from_this(), owned = std::weak_ptr(socket),
         fd = socket->descriptor.native_handle()](const boost::system::error_code& error) {
            const auto loop = weak.lock();
            auto alive = owned.lock();
            if (!loop || !alive) return;
            alive->reading = false;
            if (error || (alive->wanted & CURL_POLL_IN) == 0) return;
            alive.reset();
            loop->act(fd, CURL_CSELECT_IN);
        });
}

void CurlLoop::wait_writable(const std::shared_ptr<Socket>& socket) {
    if (std::exchange(socket->writing, true)) return;
    socket->descriptor.async_wait(
        asio::posix::stream_descriptor::wait_write,
        [weak = weak_from_this(), owned = std::weak_ptr(socket),
         fd = socket->descriptor.native_handle()](const boost::system::error_code& error) {
            const auto loop = weak.lock();
            auto alive = owned.lock();
            if (!loop || !alive) return;
            alive->writing = false;
            if (error || (alive->wanted & CURL_POLL_OUT) == 0) return;
            alive.reset();
            loop->act(fd, CURL_CSELECT_OUT);
        });
}

void CurlLoop::act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    // curl keeps its wish until it says otherwise: wait again for what it still wants.
    if (const auto found = sockets_.find(fd); found != sockets_.end()) {
        const auto socket = found->second;
        if ((socket->wanted & CURL_POLL_IN) != 0) wait_readable(socket);
        if ((socket->wanted & CURL_POLL_OUT) != 0) wait_writable(socket);
    }
    collect();
}

void CurlLoop::collect() {
    std::vector<std::pair<Done, CURLcode>> finished;
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        auto* easy = message->easy_handle;
        const auto code = message->data.result;
        if (auto found = transfers_.extract(easy))
            finished.emplace_back(std::move(found.mapped()), code);
        curl_multi_remove_handle(multi_, easy);
    }
    for (auto& [done, code] : finished) done(code);
}

}  // namespace tgstats
