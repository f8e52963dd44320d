#include "hotreload/reload/engine.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "hotreload/base/path_order.h"
#include "hotreload/base/reason.h"
#include "hotreload/model/limits.h"
#include "hotreload/reload/engine_state.h"

namespace hotreload {
namespace {

// What is wrong with files and settings that are a plugin's, or look meant as one of this name.
std::vector<std::string> problems_of(const Catalog::Look& seen, const std::string& name) {
    std::vector<std::string> problems;
    const auto entry = seen.entries.find(name);
    for (const auto& [path, plugin, reason] : seen.problems) {
        const bool above =
            entry != seen.entries.end() && is_below(entry->second->source.entry, path);
        if (above || plugin == name || path.filename() == name || path.stem() == name)
            problems.push_back(path.string() + ": " + reason);
    }
    if (entry == seen.entries.end()) return problems;
    for (const auto& error : seen.config_errors)
        if (error.file == entry->second->source.config_file)
            problems.push_back(error.text() + "; until it is mended, what serves stays as it is");
    return problems;
}

}  // namespace

Engine::State::State(asio::any_io_executor loop, EngineOptions engine_options, EventLog& event_log)
    : executor(loop),
      options(std::move(engine_options)),
      events(event_log),
      catalog({.roots = options.roots,
               .config_file = options.config_file,
               .toolchain = {},
               .vanish_grace = options.vanish_grace}),
      builder(executor, builder_options()),
      nursery(executor, events,
              {.python = options.python,
               .sdk_dir = options.python_sdk,
               .preload = options.preload,
               .shutdown_grace = options.nursery_grace}),
      tasks(executor,
            [this](const std::string& name, const std::exception_ptr& error) {
                events.emit(EventType::internal_error,
                            {{"task", name}, {"reason", reason_of(error)}});
            }),
      change(executor),
      calls({.options = options,
             .events = events,
             .routes = [this] { return routes; },
             .change = change,
             .failed =
                 [this](const std::string& plugin, FailedCall call) {
                     const auto known_slot = slots.find(plugin);
                     if (known_slot != slots.end())
                         known_slot->second->last_failed_call = std::move(call);
                 }}),
      reloader(reloader_parts()),
      scheduler({.executor = executor,
                 .options = options,
                 .events = events,
                 .tasks = tasks,
                 .handle =
                     [this](std::string plugin, Offer offer, json::object event, Commit commit) {
                         HandleRequest request;
                         request.plugin = std::move(plugin);
                         request.offer = std::move(offer);
                         request.event = std::move(event);
                         request.commit = std::move(commit);
                         return calls.handle(std::move(request));
                     }}),
      history(executor, options.cache_dir / "history", [this](std::string problem) {
          events.emit(EventType::internal_error,
                      {{"task", "history"}, {"reason", std::move(problem)}});
      }) {
    const auto read = catalog.refresh_config();
    if (read.error) throw std::runtime_error(read.error->text());
    load_switches();
    for (const auto& problem : history.problems())
        events.emit(EventType::history_damaged, {{"reason", problem}});
}

BuilderOptions Engine::State::builder_options() {
    return {.compiler = options.compiler,
            .include_dirs = options.include_dirs,
            .precompiled_header_source = options.precompiled_header,
            .cache_dir = options.cache_dir,
            .kept_artifacts = [this] { return history.kept_artifacts(); }};
}

Reloader::Parts Engine::State::reloader_parts() {
    return {.executor = executor,
            .options = options,
            .events = events,
            .builder = builder,
            .nursery = nursery,
            .catalog = catalog,
            .dependencies = dependencies,
            .publish = [this](std::vector<Transaction::Member>& members) { publish(members); },
            .failed = [this](Slot& slot) { candidate_failed(slot); },
            .stand_in_failed =
                [this](Slot& slot, const Attempt& attempt, Failure failure) {
                    stand_in_failed(slot, attempt, std::move(failure));
                },
            .stand_in_overtaken =
                [this](Slot& slot, const Attempt& attempt) { stand_in_overtaken(slot, attempt); },
            .known_plugin =
                [this](const std::string& name) {
                    const auto found = slots.find(name);
                    return found != slots.end() && found->second->entry;
                },
            .serving = [this](const std::string& name) { return routes->serving(name); },
            .host_call =
                [this](std::shared_ptr<Attempt> attempt, std::string plugin, std::string method,
                       json::object params) {
                    return calls.host_call(std::move(attempt), std::move(plugin), std::move(method),
                                           std::move(params));
                },
            .look_again = [this](const std::string& name) { look({.by_hand = {name}}); },
            .files_read = [this] { files_read(); }};
}

std::shared_ptr<Slot> Engine::State::slot(const std::string& name) {
    auto& place = slots[name];
    if (place) return place;
    place = std::make_shared<Slot>(name, executor);
    if (const auto* known = history.find(name); known != nullptr) {
        for (const auto& record : known->records)
            place->last_number = std::max(place->last_number, record.number);
        place->held_back = known->held_back;
    }
    return place;
}

bool Engine::State::busy() const {
    if (catalog.look_again_at()) return true;
    return std::ranges::any_of(slots, [](const auto& named) { return named.second->busy(); });
}

Result<void, std::string> Engine::State::known(const std::string& plugin) const {
    if (slots.contains(plugin)) return {};
    if (const auto problems = problems_of(catalog.last(), plugin); !problems.empty())
        return fmt::format("no plugin is called '{}': {}", plugin, fmt::join(problems, "; "));
    std::vector<std::string> names;
    for (const auto& [name, slot] : slots) names.push_back(name);
    return fmt::format("no plugin is called '{}'; there are: {}", plugin, fmt::join(names, ", "));
}

Engine::Engine(asio::any_io_executor executor, EngineOptions options, EventLog& events)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), events)) {}

Engine::~Engine() = default;

Task<void> Engine::start() { return state_->start(); }

Task<void> Engine::stop(Millis deadline) { return state_->stop(deadline); }

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
    return state_->calls.handle(std::move(request));
}

std::shared_ptr<const Routes> Engine::routes() const { return state_->routes; }

std::vector<std::string> Engine::config_problems() const {
    auto problems = state_->package_problems;
    if (state_->config_problem) problems.insert(problems.begin(), *state_->config_problem);
    return problems;
}

std::vector<PluginStatus> Engine::status() const {
    std::vector<PluginStatus> all;
    for (const auto& [name, slot] : state_->slots) {
        auto& status = all.emplace_back(slot->status());
        status.problems = problems_of(state_->catalog.last(), name);
        for (const auto& [offer, kept, ignored] : state_->routes->conflicts()) {
            if (ignored == name && std::erase(status.offers, offer) > 0)
                status.lost.push_back({offer, kept});
        }
    }
    return all;
}

Result<void, std::string> Engine::known(const std::string& plugin) const {
    return state_->known(plugin);
}

Result<void, std::string> Engine::reload(const std::string& plugin) {
    auto found = state_->known(plugin);
    if (!found) return found;
    state_->catalog.trust_nothing_of(plugin);
    state_->look({.forced = {plugin}});
    return found;
}

Result<void, std::string> Engine::set_enabled(const std::string& plugin, bool enabled) {
    auto found = state_->known(plugin);
    if (!found) return found;
    // What the files say by now is what the switch goes over.
    state_->look({.by_hand = {plugin}});
    state_->catalog.set_enabled(plugin, enabled);
    auto saved = state_->save_switches();
    state_->look({.by_hand = {plugin}});
    return saved;
}

void Engine::look_again() { state_->look(); }

Task<bool> Engine::caught_up(Millis deadline) {
    const auto state = state_;
    state->catalog.trust_nothing();
    state->look();
    const auto until = deadline_after(deadline);
    while (state->busy()) {
        const bool in_time = co_await state->change.wait_until(until);
        if (!in_time) co_return false;
    }
    co_return true;
}

Result<void, std::string> Engine::roll_back(const std::string& plugin, std::uint64_t generation) {
    auto found = state_->known(plugin);
    if (!found) return found;
    return state_->roll_back(plugin, generation);
}

std::vector<GenerationRecord> Engine::history(const std::string& plugin) const {
    const auto* known = state_->history.find(plugin);
    return known == nullptr ? std::vector<GenerationRecord>() : known->records;
}

}  // namespace hotreload
