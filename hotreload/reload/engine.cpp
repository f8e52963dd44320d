#include "hotreload/reload/engine.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/base/reason.h"
#include "hotreload/model/limits.h"
#include "hotreload/reload/engine_state.h"

namespace hotreload {
namespace {

constexpr Millis restart_wait{5'000};  // how long an event waits for a crashed plugin to be back

BuilderOptions builder_options(const EngineOptions& options) {
    return {.include_dirs = options.include_dirs,
            .precompiled_header_source = options.precompiled_header,
            .cache_dir = options.cache_dir};
}

}  // namespace

Engine::State::State(asio::any_io_executor loop, EngineOptions engine_options, EventLog& event_log)
    : executor(loop),
      options(std::move(engine_options)),
      events(event_log),
      catalog({.roots = options.roots, .config_file = options.config_file, .toolchain = {}}),
      builder(executor, builder_options(options)),
      nursery(
          executor, events,
          {.python = options.python, .sdk_dir = options.python_sdk, .preload = options.preload}),
      tasks(executor,
            [this](const std::string& name, const std::exception_ptr& error) {
                events.emit(EventType::internal_error,
                            {{"task", name}, {"reason", reason_of(error)}});
            }),
      reloader({.executor = executor,
                .options = options,
                .events = events,
                .builder = builder,
                .nursery = nursery,
                .catalog = catalog,
                .dependencies = dependencies,
                .publish = [this](Slot& slot, auto next) { return publish(slot, std::move(next)); },
                .failed = [this](Slot& slot) { candidate_failed(slot); },
                .known_plugin =
                    [this](const std::string& name) {
                        const auto found = slots.find(name);
                        return found != slots.end() && found->second->entry;
                    },
                .look_again = [this] { look({}, Micros{0}); }}),
      change(executor) {
    const auto read = catalog.refresh_config();
    if (read.error) throw std::runtime_error(read.error->text());
    load_switches();
}

std::shared_ptr<Slot> Engine::State::slot(const std::string& name) {
    auto& place = slots[name];
    if (!place) place = std::make_shared<Slot>(name);
    return place;
}

bool Engine::State::busy() const {
    return std::ranges::any_of(slots, [](const auto& named) {
        const auto& attempt = named.second->attempt;
        return attempt && !attempt->committed && !attempt->superseded;
    });
}

Task<Result<json::value, RpcError>> Engine::State::handle(HandleRequest request) {
    const auto until = monotonic_now() + restart_wait;
    for (;;) {
        const auto* route = routes->find(request.offer.kind, request.offer.name);
        if (route == nullptr)
            co_return RpcError{
                rpc_code::unknown_method,
                fmt::format("no plugin offers {} '{}'", request.offer.kind, request.offer.name),
                {}};
        const auto generation = route->generation;
        if (!generation->dead()) {
            auto pass = generation->gate().enter();
            if (pass.valid())
                co_return co_await enter_and_handle(generation, std::move(pass),
                                                    std::move(request));
        }
        const bool again = co_await change.wait_until(until);
        if (!again)
            co_return RpcError{
                rpc_code::disconnected, generation->plugin() + " has crashed and is not back", {}};
    }
}

Task<Result<json::value, RpcError>> Engine::State::enter_and_handle(
    std::shared_ptr<Generation> generation, [[maybe_unused]] Gate::Pass inside,
    HandleRequest request) {
    const auto offer = request.offer;
    const auto deadline = generation->deadline(request.deadline);
    auto outcome =
        co_await generation->handle(offer, std::move(request.event), deadline, request.scope);
    if (outcome.has_value()) co_return outcome;
    const auto number = static_cast<std::int64_t>(generation->number());
    if (outcome.error().code == rpc_code::deadline) {
        events.emit(EventType::plugin_hung,
                    {{"plugin", generation->plugin()},
                     {"generation", number},
                     {"offer", offer.name},
                     {"deadline_ms", static_cast<std::int64_t>(deadline.count())}});
        const auto stopped = co_await generation->worker().stop();
        static_cast<void>(stopped);
    } else {
        events.emit(EventType::plugin_handle_failed, {{"plugin", generation->plugin()},
                                                      {"generation", number},
                                                      {"offer", offer.name},
                                                      {"reason", outcome.error().message}});
    }
    co_return outcome;
}

Result<void, std::string> Engine::State::known(const std::string& plugin) const {
    if (slots.contains(plugin)) return {};
    std::vector<std::string> names;
    for (const auto& [name, slot] : slots) names.push_back(name);
    return fmt::format("no plugin is called '{}'; there are: {}", plugin, fmt::join(names, ", "));
}

Engine::Engine(asio::any_io_executor executor, EngineOptions options, EventLog& events)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), events)) {}

Engine::~Engine() = default;

Task<void> Engine::start() { return state_->start(); }

Task<void> Engine::stop() { return state_->stop(); }

Task<bool> Engine::settled(Millis deadline) {
    const auto state = state_;
    const auto until = monotonic_now() + deadline;
    while (!state->first_look_taken || state->busy()) {
        const bool in_time = co_await state->change.wait_until(until);
        if (!in_time) co_return false;
    }
    co_return true;
}

Task<Result<json::value, RpcError>> Engine::handle(HandleRequest request) {
    return state_->handle(std::move(request));
}

std::shared_ptr<const Routes> Engine::routes() const { return state_->routes; }

std::vector<PluginStatus> Engine::status() const {
    std::vector<PluginStatus> all;
    for (const auto& [name, slot] : state_->slots) all.push_back(slot->status());
    return all;
}

Result<void, std::string> Engine::reload(const std::string& plugin) {
    auto found = state_->known(plugin);
    if (found) state_->look({plugin}, Micros{0});
    return found;
}

Result<void, std::string> Engine::set_enabled(const std::string& plugin, bool enabled) {
    auto found = state_->known(plugin);
    if (!found) return found;
    state_->catalog.set_enabled(plugin, enabled);
    auto saved = state_->save_switches();
    state_->look({}, Micros{0});
    return saved;
}

void Engine::look_again() { state_->look({}, Micros{0}); }

}  // namespace hotreload
