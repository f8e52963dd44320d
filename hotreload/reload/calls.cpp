#include "hotreload/reload/calls.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/model/limits.h"
#include "hotreload/reload/slot.h"

namespace hotreload {
namespace {

using Outcome = Result<json::value, RpcError>;

constexpr Millis restart_wait{5'000};  // how long an event waits for a crashed plugin to be back
constexpr std::size_t service_depth_max = 8;  // plugins that wait for each other in a row

RpcError refused(int code, std::string message) { return {code, std::move(message), {}}; }

std::string nobody_offers(const HandleRequest& request) {
    return fmt::format("{} offers {} '{}'",
                       request.plugin.empty() ? "no plugin" : request.plugin + " no longer",
                       request.offer.kind, request.offer.name);
}

std::int64_t number_of(const Generation& generation) {
    return static_cast<std::int64_t>(generation.number());
}

// What a worker asks for by service.call.
Result<std::string, RpcError> service_name(const json::object& params) {
    const auto* name = params.if_contains("service");
    if (name == nullptr || !name->is_string())
        return refused(rpc_code::bad_params, "service.call: \"service\" must be a text");
    return std::string(name->get_string());
}

// Where in the plugin it happened, as far as its language tells; empty: it does not.
std::string traceback_of(const RpcError& error) {
    const auto* data = error.data.if_object();
    const auto* trace = data == nullptr ? nullptr : data->if_contains("traceback");
    return trace == nullptr || !trace->is_string() ? std::string()
                                                   : std::string(trace->get_string());
}

}  // namespace

Calls::Calls(Parts parts) : parts_(std::move(parts)) {}

Task<Outcome> Calls::handle(HandleRequest request) {
    const auto wanted = std::make_shared<HandleRequest>(std::move(request));
    RoutedCall call{.request = wanted, .callers = {}};
    co_return co_await route(std::move(call));
}

std::shared_ptr<Generation> Calls::server_of(const HandleRequest& request) const {
    const auto& [kind, name, description] = request.offer;
    if (request.plugin.empty()) {
        const auto* found = parts_.routes()->find(kind, name);
        return found == nullptr ? nullptr : found->generation;
    }
    auto generation = parts_.routes()->serving(request.plugin);
    return generation && offering(*generation, kind, name) ? generation : nullptr;
}

// Finds who serves now and waits where that one is on its way back. An event that waited for its
// turn while newer code was published goes to the newer code.
Task<Outcome> Calls::route(RoutedCall call) {
    const auto until = monotonic_now() + restart_wait;
    for (;;) {
        const auto generation = server_of(*call.request);
        if (!generation) co_return refused(rpc_code::unknown_method, nobody_offers(*call.request));
        if (!generation->dead() && generation->worker().talking()) {
            call.pass = generation->gate().enter();
            if (call.pass.valid()) {
                auto outcome = co_await take_turn(generation, call);
                if (outcome) co_return *std::move(outcome);
                continue;
            }
        }
        const bool again = co_await parts_.change.wait_until(until);
        if (!again)
            co_return refused(rpc_code::disconnected,
                              generation->plugin() + " has crashed and is not back");
    }
}

// Nothing when newer code has been published meanwhile, or the worker has died over an event before
// this one: then it is not this one's any more, and was not begun.
Task<std::optional<Outcome>> Calls::take_turn(std::shared_ptr<Generation> generation,
                                              RoutedCall& call) {
    if (generation->turnstile().waiting() >= limits::handle_queue_max)
        co_return refused(rpc_code::busy,
                          "too many events are waiting for " + generation->plugin());
    const auto turn = co_await generation->turnstile().turn(!call.callers.empty());
    const bool serves = generation->stage() == Stage::serving;
    if ((!serves && server_of(*call.request) != nullptr) || !generation->worker().talking()) {
        call.pass = {};
        co_return std::nullopt;
    }
    auto outcome = co_await handle_in_turn(generation, call);
    co_return outcome;
}

Task<Outcome> Calls::handle_in_turn(std::shared_ptr<Generation> generation, RoutedCall& call) {
    auto& request = *call.request;
    Generation::Call now;
    now.scope = request.scope;
    now.until = deadline_after(generation->deadline(request.deadline));
    now.callers = call.callers;
    if (parts_.options.state != nullptr)
        now.session = std::make_shared<StateSession>(*parts_.options.state, generation->plugin());
    const auto session = now.session;
    auto outcome = co_await generation->handle(request.offer, std::move(request.event), now);
    if (outcome.has_error()) {
        const auto error = outcome.error();
        co_await report_failure(generation, call.request, error);
        co_return outcome;
    }
    Handled handled{.plugin = generation->plugin(),
                    .generation = generation->number(),
                    .result = std::move(*outcome),
                    .changes = session ? session->take_changes() : StateChanges{}};
    auto result = handled.result;
    auto kept = co_await keep(call.request->commit, std::move(handled));
    if (kept.has_value()) co_return result;
    auto error =
        refused(rpc_code::internal_error, "what it did could not be kept: " + kept.error().reason);
    co_await report_failure(generation, call.request, error);
    co_return error;
}

Task<Result<void, StateError>> Calls::keep(Commit commit, Handled handled) {
    if (commit) co_return co_await commit(std::move(handled));
    if (handled.changes.empty()) co_return Result<void, StateError>();
    co_return co_await parts_.options.state->commit(std::move(handled.plugin),
                                                    std::move(handled.changes));
}

Task<void> Calls::report_failure(std::shared_ptr<Generation> generation,
                                 std::shared_ptr<const HandleRequest> request, RpcError error) {
    FailedCall failed{.generation = generation->number(),
                      .offer = request->offer.name,
                      .reason = error.message,
                      .output = traceback_of(error),
                      .time = std::chrono::system_clock::now()};
    parts_.failed(generation->plugin(), std::move(failed));
    if (error.code != rpc_code::deadline) {
        Fields fields{{"plugin", generation->plugin()},
                      {"generation", number_of(*generation)},
                      {"offer", request->offer.name},
                      {"reason", error.message}};
        if (auto trace = traceback_of(error); !trace.empty())
            fields.emplace_back("output", std::move(trace));
        parts_.events.emit(EventType::plugin_handle_failed, std::move(fields));
        co_return;
    }
    parts_.events.emit(EventType::plugin_hung,
                       {{"plugin", generation->plugin()},
                        {"generation", number_of(*generation)},
                        {"offer", request->offer.name},
                        {"deadline_ms", static_cast<std::int64_t>(
                                            generation->deadline(request->deadline).count())}});
    const auto stopped = co_await generation->worker().stop();
    static_cast<void>(stopped);
}

// What a worker asks of its host: the engine's own methods first, then the embedding program's.
Task<Outcome> Calls::host_call(std::shared_ptr<Attempt> attempt, std::string plugin,
                               std::string method, json::object params) {
    const auto generation = attempt->generation.lock();
    const auto* call = generation && generation->call() ? &*generation->call() : nullptr;
    if (method.starts_with("state.")) {
        const auto session = call != nullptr ? call->session : attempt->session;
        co_return co_await state_call(session, std::move(method), std::move(params));
    }
    if (method == "service.call") {
        auto callers = call != nullptr ? call->callers : std::vector<std::string>{};
        callers.push_back(plugin);
        ServiceCaller caller{.chain = std::move(callers),
                             .scope = call != nullptr ? call->scope : 0,
                             .handling = call != nullptr};
        co_return co_await service_call(std::move(caller), std::move(params));
    }
    if (!parts_.options.host_call)
        co_return refused(rpc_code::unknown_method, "this host offers no " + method);
    Caller caller{.plugin = std::move(plugin), .generation = attempt->number};
    if (generation) {
        caller.serving =
            generation->stage() == Stage::serving || generation->stage() == Stage::draining;
        caller.scope = call != nullptr ? call->scope : 0;
    }
    co_return co_await parts_.options.host_call(std::move(caller), std::move(method),
                                                std::move(params));
}

Task<Outcome> Calls::state_call(std::shared_ptr<StateSession> session, std::string method,
                                json::object params) {
    if (parts_.options.state == nullptr)
        co_return refused(rpc_code::unknown_method, "this host keeps no state for plugins");
    if (!session)
        co_return refused(rpc_code::not_permitted,
                          "state can be used while an event is handled and while loading");
    auto answer = co_await session->serve(std::move(method), std::move(params));
    if (answer.has_value()) co_return *std::move(answer);
    co_return refused(rpc_code::bad_params, answer.error().reason);
}

Task<Outcome> Calls::service_call(ServiceCaller caller, json::object params) {
    auto name = service_name(params);
    if (name.has_error()) co_return name.error();
    if (!caller.handling)
        co_return refused(rpc_code::not_permitted,
                          "services can be called while an event is handled");
    const auto* found = parts_.routes()->find("service", *name);
    if (found == nullptr)
        co_return refused(rpc_code::unknown_method,
                          fmt::format("no plugin offers service '{}'", *name));
    const auto target = found->generation->plugin();
    if (std::ranges::find(caller.chain, target) != caller.chain.end())
        co_return refused(rpc_code::not_permitted,
                          fmt::format("the calls form a circle: {} → {}",
                                      fmt::join(caller.chain, " → "), target));
    if (caller.chain.size() >= service_depth_max)
        co_return refused(rpc_code::not_permitted,
                          fmt::format("over {} services wait for each other: {}", service_depth_max,
                                      fmt::join(caller.chain, " → ")));
    const auto* given = params.if_contains("params");
    json::object event{{"params", given != nullptr ? *given : json::value(json::object())},
                       {"caller", caller.chain.back()}};
    auto request = std::make_shared<HandleRequest>();
    request->offer = {.kind = "service", .name = *name, .description = {}};
    request->event = std::move(event);
    // A caller that has less time left is told so by its own deadline; the service is not to blame.
    request->deadline = limits::handle_deadline;
    request->scope = caller.scope;
    RoutedCall call{.request = request, .callers = std::move(caller.chain)};
    auto outcome = co_await route(std::move(call));
    if (outcome.has_error()) co_return outcome;
    const auto* answer = outcome->if_object();
    const auto* result = answer != nullptr ? answer->if_contains("result") : nullptr;
    if (result == nullptr)
        co_return refused(rpc_code::plugin_error,
                          fmt::format("service '{}' gave no \"result\"", *name));
    co_return json::object{{"result", *result}};
}

}  // namespace hotreload
