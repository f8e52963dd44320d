// What serves has crashed. It is brought back from what it was made of, beside whatever newer
// content is on its way; crashing too often, it gives way to what served before it.

#include <utility>

#include "hotreload/reload/engine_state.h"

namespace hotreload {

Task<void> Engine::State::watch_generation(std::shared_ptr<Slot> target,
                                           std::shared_ptr<Generation> generation) {
    const auto exit = co_await generation->worker().exited();
    if (generation->stage() != Stage::serving || stopping) co_return;
    generation->mark_dead();
    const auto diagnosis = generation->worker().diagnose();
    target->stderr_tail = diagnosis.stderr_tail;
    target->last_crash = {generation->number(), exit.text(), diagnosis.stderr_tail,
                          std::chrono::system_clock::now()};
    events.emit(EventType::plugin_crashed,
                {{"plugin", target->name},
                 {"generation", static_cast<std::int64_t>(generation->number())},
                 {exit.signalled ? "signal" : "status", static_cast<std::int64_t>(exit.code)},
                 {"reason", exit.text()},
                 {"output", diagnosis.stderr_tail}});
    if (target->serving == generation) restart_or_give_up(target, exit.text());
}

void Engine::State::restart_or_give_up(std::shared_ptr<Slot> target, const std::string& how) {
    const auto generation = target->serving;
    const auto& content = generation->content().fingerprint;
    if (!target->budget.take(content, monotonic_now())) return give_up(target, how);
    // From the disk a Python plugin has what it opens later, too. A compiled one is its artifact.
    const bool from_disk = generation->language() == Language::python && target->on_disk(content);
    restart(target, "restart after a crash: " + how, from_disk);
}

// Of what serves, and is dead.
void Engine::State::restart(std::shared_ptr<Slot> target, std::string reason, bool from_disk) {
    const auto generation = target->serving;
    Beginning again{.entry = generation->origin(), .reason = std::move(reason)};
    again.entry.content = generation->content();
    again.stands_in = true;
    stop_attempt(target->stand_in, stopping);
    const auto attempt = target->attempt_of(executor, std::move(again));
    attempt->restart = true;
    target->reason = attempt->reason;
    target->stand_in = attempt;
    attempt->task =
        tasks.spawn("restart " + target->name,
                    from_disk ? reloader.run(target, attempt) : restart_from_kept(target, attempt));
}

Task<void> Engine::State::restart_from_kept(std::shared_ptr<Slot> target,
                                            std::shared_ptr<Attempt> attempt) {
    const auto crashed = target->serving;
    if (attempt->superseded || !crashed) co_return;
    auto record = co_await kept(crashed);
    if (attempt->superseded) co_return;
    if (!record) {
        stand_in_failed(*target, *attempt,
                        {Stage::starting,
                         "it crashed, and what it was made of is neither on disk nor kept any more",
                         {},
                         target->stderr_tail});
        co_return;
    }
    attempt->restored = std::move(record);
    co_await reloader.run(target, attempt);
}

// Content that newer content has overtaken on the disk is still what is wanted until that serves.
void Engine::State::stand_in_overtaken(Slot& crashed, const Attempt& attempt) {
    crashed.stand_in.reset();
    if (!stopping && crashed.serving) restart(slot(crashed.name), attempt.reason, false);
}

void Engine::State::stand_in_failed(Slot& crashed, const Attempt& attempt, Failure failure) {
    const auto target = slot(crashed.name);
    target->stand_in.reset();
    if (stopping || !target->serving) return;
    const auto content = target->serving->content().fingerprint;
    const bool compiled = target->serving->language() != Language::python;
    if (attempt.restart && attempt.restored && compiled && target->on_disk(content))
        return restart(target, attempt.reason, true);
    target->passing_failure = target->passing_failure || failure.passing;
    if (!target->failure || target->on_disk(content)) target->failure = std::move(failure);
    target->last_change = std::chrono::system_clock::now();
    if (attempt.restart)
        events.emit(EventType::plugin_failed,
                    {{"plugin", target->name}, {"reason", "it crashed and cannot be restarted"}});
    else
        target->cannot_go_back = true;
    if (!fall_back(target, {})) {
        const auto gone = take_away(*target, "crashed and could not be restarted");
        static_cast<void>(gone);
    }
    retry_what_may_pass(*target);
    watch_dependencies();
    change.notify_all();
}

void Engine::State::give_up(std::shared_ptr<Slot> target, const std::string& how) {
    const auto generation = target->serving;
    const auto content = generation->content().fingerprint;
    history.ended(target->name, generation->number(), "crashed too often: " + how, true);
    // Other content on disk has been tried, or is on its way.
    if (target->on_disk(content)) target->failed = content;
    target->failure =
        Failure{Stage::serving,
                "it crashed too often (" + how + "); save a changed file to try again",
                {},
                target->stderr_tail};
    target->last_change = std::chrono::system_clock::now();
    events.emit(EventType::plugin_failed, {{"plugin", target->name},
                                           {"stage", std::string(to_string(Stage::serving))},
                                           {"reason", target->failure->reason}});
    if (fall_back(target, "it crashed too often")) return;
    const auto gone = take_away(*target, "crashed too often: " + how);
    static_cast<void>(gone);
}

}  // namespace hotreload
