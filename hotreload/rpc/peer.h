#pragma once
// One side of a conversation over a stream socket: calls with deadlines, serves the other side's
// requests, and says when the conversation has ended. One reader, one writer, loop thread only. End
// of socket ends the conversation.

#include <functional>
#include <memory>
#include <string>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/unique_fd.h"
#include "hotreload/rpc/message.h"

namespace hotreload {

class Peer {
public:
    using Serve =
        std::function<Task<Result<json::value, RpcError>>(std::string method, json::object params)>;
    using Notified = std::function<void(std::string method, json::object params)>;

    // Takes the socket and starts reading at once. `serve` runs one coroutine for each request of
    // the other side; a `cancel` notification cancels the one it names. All notifications, this one
    // too, go to `notified`. Both functions may close or destroy the peer; `notified` must not
    // throw.
    Peer(asio::any_io_executor executor, UniqueFd socket, Serve serve, Notified notified);
    ~Peer();  // closes the socket; pending calls end with rpc_code::disconnected
    Peer(Peer&&) noexcept;
    Peer& operator=(Peer&&) noexcept;

    // At the deadline: error rpc_code::deadline, and a `cancel` notification is sent. When this
    // coroutine is cancelled the same is sent, and the error is rpc_code::cancelled.
    Task<Result<json::value, RpcError>> call(std::string method, json::object params,
                                             Millis deadline);
    // A notification over the size limit, or after the end, is not sent: false.
    bool notify(std::string method, json::object params);
    // Closes our side: what the socket still takes without waiting is written, then the other one
    // reads end-of-file.
    void close();
    // Completes when the conversation has ended, with why ("end of file", "message over 16777216
    // bytes", …).
    Task<std::string> ended();
    // Completes when moreover no request is being served any more (true), or at the deadline
    // (false). What `serve` refers to must live until then.
    Task<bool> settled(Millis deadline);
    [[nodiscard]] bool open() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
