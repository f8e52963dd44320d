#include <algorithm>

#include "hotreload/model/limits.h"
#include "hotreload/reload/engine_state.h"
#include "hotreload/reload/report.h"

namespace hotreload {
namespace {

constexpr Millis stop_deadline{10'000};  // all tasks ended after stop()

}  // namespace

void Engine::State::act(const Action& action, const Catalog::Look& seen, const StageTimes& times) {
    const auto target = slot(action.plugin);
    target->reason = action.reason;
    switch (action.kind) {
        case ActionKind::start:
        case ActionKind::replace:
            begin(target, seen.entries.at(action.plugin), action, times);
            break;
        case ActionKind::retire:
            unload(target, action.reason);
            break;
        case ActionKind::cancel:
            supersede(*target);
            break;
        case ActionKind::hold:
            if (reported.insert("hold " + action.plugin + action.reason).second)
                events.emit(EventType::plugin_dependencies_not_met,
                            {{"plugin", action.plugin}, {"missing", action.reason}});
            break;
    }
}

void Engine::State::begin(std::shared_ptr<Slot> target, CatalogEntry entry, Action action,
                          StageTimes times) {
    supersede(*target);
    auto attempt = std::make_shared<Attempt>();
    attempt->number = ++target->last_number;
    attempt->reason = action.reason;
    attempt->times = times;
    target->files = entry.content.files;
    target->failed.reset();
    target->missing.clear();
    attempt->entry = std::move(entry);
    target->attempt = attempt;
    attempt->task = tasks.spawn("reload " + target->name, reloader.run(target, attempt));
}

void Engine::State::supersede(Slot& target) {
    const auto attempt = std::exchange(target.attempt, nullptr);
    if (!attempt || attempt->committed) return;
    attempt->superseded = true;
    attempt->task.cancel();
}

void Engine::State::unload(std::shared_ptr<Slot> target, const std::string& reason) {
    supersede(*target);
    target->failed.reset();
    target->failure.reset();
    target->files.clear();
    const auto previous = publish(*target, nullptr);
    if (!previous) return;
    report_offers_removed(events, *previous);
    events.emit(EventType::plugin_unloaded, {{"plugin", target->name}, {"reason", reason}});
    tasks.spawn("retire " + target->name, reloader.dismiss(target, previous));
}

std::shared_ptr<Generation> Engine::State::publish(Slot& target, std::shared_ptr<Generation> next) {
    const auto previous = std::exchange(target.serving, next);
    if (next) {
        next->advance(Stage::serving);
        target.failure.reset();
        target.failed.reset();
        target.stderr_tail.clear();
        target.files = next->content().files;
        target.last_change = std::chrono::system_clock::now();
        tasks.spawn("watch " + target.name, watch_generation(slot(target.name), next));
    }
    if (previous) {
        previous->advance(Stage::draining);
        previous->gate().close();
    }
    publish_routes();
    return previous;
}

void Engine::State::publish_routes() {
    std::vector<std::shared_ptr<Generation>> serving;
    for (const auto& [name, known_slot] : slots)
        if (known_slot->serving) serving.push_back(known_slot->serving);
    auto next = make_routes(*routes, serving, !first_batch, options.shared_kinds);
    for (const auto& conflict : next->conflicts()) {
        if (std::ranges::find(routes->conflicts(), conflict) != routes->conflicts().end()) continue;
        events.emit(EventType::plugin_conflict,
                    {{"plugin", conflict.ignored},
                     {"reason", conflict.offer.kind + " '" + conflict.offer.name +
                                    "' is already offered by '" + conflict.kept +
                                    "'; rename one of the two"}});
    }
    routes = std::move(next);
    if (first_look_taken && !busy()) first_batch = false;
    if (options.on_routes) options.on_routes(*routes);
    change.notify_all();
}

// Called by the reloader after it has told why. A plugin that had crashed and could not be
// restarted serves no longer.
void Engine::State::candidate_failed(Slot& target) {
    if (target.serving && target.serving->dead()) {
        const auto gone = publish(target, nullptr);
        report_offers_removed(events, *gone);
        events.emit(EventType::plugin_failed,
                    {{"plugin", target.name}, {"reason", "it crashed and cannot be restarted"}});
    }
    if (target.attempt && !target.attempt->committed) target.attempt.reset();
    change.notify_all();
}

Task<void> Engine::State::watch_generation(std::shared_ptr<Slot> target,
                                           std::shared_ptr<Generation> generation) {
    const auto exit = co_await generation->worker().exited();
    if (generation->stage() != Stage::serving || stopping) co_return;
    generation->mark_dead();
    const auto diagnosis = generation->worker().diagnose();
    target->stderr_tail = diagnosis.stderr_tail;
    events.emit(EventType::plugin_crashed,
                {{"plugin", target->name},
                 {"generation", static_cast<std::int64_t>(generation->number())},
                 {exit.signalled ? "signal" : "status", static_cast<std::int64_t>(exit.code)},
                 {"reason", exit.text()},
                 {"output", diagnosis.stderr_tail}});
    restart_or_give_up(target, generation, exit.text());
}

void Engine::State::restart_or_give_up(std::shared_ptr<Slot> target,
                                       std::shared_ptr<Generation> generation,
                                       const std::string& how) {
    const auto& content = generation->content().fingerprint;
    const bool newer_on_its_way = target->attempt && !target->attempt->committed;
    if (newer_on_its_way || target->serving != generation) return;
    if (target->entry && target->budget.take(content, monotonic_now())) {
        begin(target, *target->entry,
              {ActionKind::replace, target->name, "restart after a crash: " + how}, {});
        target->attempt->restart = target->entry->content.fingerprint == content;
        target->reason = target->attempt->reason;
        return;
    }
    const auto gone = publish(*target, nullptr);
    report_offers_removed(events, *gone);
    target->failed = content;
    target->failure =
        Failure{Stage::serving,
                "it crashed too often (" + how + "); save a changed file to try again",
                {},
                target->stderr_tail};
    target->last_change = std::chrono::system_clock::now();
    events.emit(EventType::plugin_failed, {{"plugin", target->name},
                                           {"stage", std::string(to_string(Stage::serving))},
                                           {"reason", target->failure->reason}});
}

Task<void> Engine::State::stop() {
    stopping = true;
    for (auto& [name, known_slot] : slots) {
        supersede(*known_slot);
        if (const auto generation = publish(*known_slot, nullptr))
            tasks.spawn("retire " + name, reloader.dismiss(known_slot, generation));
    }
    for (const auto& background : {watching, reconciling, warming}) background.cancel();
    const bool ended = co_await tasks.joined(stop_deadline);
    if (!ended) tasks.cancel();
    co_await nursery.stop();
    const bool joined = co_await tasks.joined(stop_deadline);
    if (!joined)
        events.emit(EventType::internal_error,
                    {{"task", "stop"}, {"reason", "some tasks did not end"}});
}

}  // namespace hotreload
