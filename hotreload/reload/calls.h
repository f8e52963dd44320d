#pragma once
// Hands events to whoever serves them, and answers what workers ask meanwhile. Whoever handles an
// event is alone with its plugin until what it did has been kept.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hotreload/base/condition.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/engine_options.h"
#include "hotreload/reload/routes.h"
#include "hotreload/reload/status.h"

namespace hotreload {

struct Attempt;

class Calls {
public:
    using Outcome = Result<json::value, RpcError>;
    struct Parts {
        const EngineOptions& options;
        EventLog& events;
        std::function<std::shared_ptr<const Routes>()> routes;
        Condition& change;  // told when the routes have changed
        std::function<void(const std::string& plugin, FailedCall call)> failed;
    };
    explicit Calls(Parts parts);

    Task<Outcome> handle(HandleRequest request);
    // What a worker of this attempt asks for: the engine's own methods first, then the host's.
    Task<Outcome> host_call(std::shared_ptr<Attempt> attempt, std::string plugin,
                            std::string method, json::object params);

private:
    // An event on its way to whoever serves it.
    struct RoutedCall {
        std::shared_ptr<HandleRequest> request;
        std::vector<std::string> callers;  // plugins that wait for the result
        Gate::Pass pass{};
    };
    struct ServiceCaller {
        std::vector<std::string> chain;  // the caller last
        std::int64_t scope = 0;
        bool handling = false;
    };

    [[nodiscard]] std::shared_ptr<Generation> server_of(const HandleRequest& request) const;
    Task<Outcome> route(RoutedCall call);
    Task<std::optional<Outcome>> take_turn(std::shared_ptr<Generation> generation,
                                           RoutedCall& call);
    Task<Outcome> handle_in_turn(std::shared_ptr<Generation> generation, RoutedCall& call);
    Task<Result<void, StateError>> keep(Commit commit, Handled handled);
    Task<void> report_failure(std::shared_ptr<Generation> generation,
                              std::shared_ptr<const HandleRequest> request, RpcError error);
    Task<Outcome> state_call(std::shared_ptr<StateSession> session, std::string method,
                             json::object params);
    Task<Outcome> service_call(ServiceCaller caller, json::object params);

    Parts parts_;
};

}  // namespace hotreload
