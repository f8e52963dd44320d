#pragma once
// The conversation of one worker with its host: answers load, migrate, probe and handle one at a
// time, and asks the host on behalf of the plugin in between.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "workers/native/line_socket.h"
#include "workers/native/plugin_library.h"

namespace hotreload::native {

class Session : private Upstream {
public:
    explicit Session(UniqueFd socket) : socket_(std::move(socket)), host_(*this) {}

    // Serves until the host closes the socket, then runs the shutdown hook.
    void run();

private:
    using Outcome = Result<json::value, RpcError>;

    std::optional<RpcMessage> receive();
    void serve(RpcRequest request);
    Outcome answer(RpcRequest& request);
    Outcome load(json::object params);
    Outcome migrate(json::object params);
    Outcome handle(const json::object& params);
    void reply(std::int64_t id, Outcome outcome);
    bool send(const RpcMessage& message);
    // What may arrive while the plugin waits for the host.
    void put_aside(RpcMessage message);
    void cancelled(const json::object& params);

    Outcome call(std::string_view method, json::object params) override;
    void notify(std::string_view method, json::object params) override;

    LineSocket socket_;
    HostTable host_;
    json::value load_params_;  // the plugin may look at it as long as it lives
    std::optional<PluginLibrary> plugin_;
    std::set<std::pair<std::string, std::string>> offers_;  // kind, name
    std::deque<RpcRequest> waiting_;
    std::int64_t serving_ = 0;  // the host's request that is being answered
    bool serving_cancelled_ = false;
    std::int64_t last_id_ = 0;
    bool ended_ = false;
    bool large_ = false;  // a big message passed: memory goes back to the system
};

}  // namespace hotreload::native
