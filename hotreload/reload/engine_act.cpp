#include <algorithm>
#include <map>
#include <utility>

#include "hotreload/model/limits.h"
#include "hotreload/reload/engine_state.h"
#include "hotreload/reload/report.h"

namespace hotreload {
namespace {

// The last steps of a stop (the nursery, the history, what was cancelled) have at least so much
// each, whatever the tasks before them take.
constexpr Millis last_step_deadline{200};
// A single edit starts at once. While saves come faster than they can be made live, each attempt
// that was stopped by the next save makes the one after it wait longer.
constexpr Millis storm_pause_first{20};
constexpr Millis storm_pause_max{200};

// What there is for a step that so many come after.
Millis before_last(const Countdown& time, int steps) {
    return std::max(Millis(0), time.left() - last_step_deadline * steps);
}

std::shared_ptr<Transaction> transaction_of(asio::any_io_executor executor, const Action& action) {
    auto plugins = action.together;
    if (plugins.empty()) plugins.push_back(action.plugin);
    return std::make_shared<Transaction>(std::move(executor), std::move(plugins));
}

}  // namespace

// Everything of one plan. What belongs together shares a transaction.
void Engine::State::act_on(const std::vector<Action>& actions, const Catalog::Look& seen,
                           const StageTimes& times) {
    std::map<std::vector<std::string>, std::shared_ptr<Transaction>> transactions;
    std::set<std::string> held;
    for (const auto& action : actions) {
        const auto target = slot(action.plugin);
        target->reason = action.reason;
        switch (action.kind) {
            case ActionKind::start:
            case ActionKind::replace: {
                auto& transaction = transactions[action.together];
                if (!transaction || action.together.empty())
                    transaction = transaction_of(executor, action);
                bring_up(target, *seen.entries.at(action.plugin), action,
                         {.transaction = transaction, .times = times});
                break;
            }
            case ActionKind::retire:
                unload(target, action.reason);
                break;
            case ActionKind::cancel:
                supersede(*target);
                break;
            case ActionKind::hold:
                held.insert(action.plugin + ": " + action.reason);
                // What it failed for before may be long past.
                if (!target->waits_for.empty())
                    target->failure = Failure{Stage::planned, action.reason, {}, {}};
                break;
        }
    }
    report_held(std::move(held));
}

// A plugin that waits for another is told once, and again when it has been well in between.
void Engine::State::report_held(std::set<std::string> held) {
    for (const auto& line : held) {
        if (reported_held.contains(line)) continue;
        const auto colon = line.find(": ");
        events.emit(EventType::plugin_dependencies_not_met,
                    {{"plugin", line.substr(0, colon)}, {"missing", line.substr(colon + 2)}});
    }
    reported_held = std::move(held);
}

// From the disk, or from the history where that is what shall serve for now.
void Engine::State::bring_up(std::shared_ptr<Slot> target, const CatalogEntry& entry,
                             const Action& action, Beginning beginning) {
    beginning.entry = entry;
    beginning.reason = action.reason;
    if (action.together.empty() && action.kind == ActionKind::start)
        beginning.restored = record_to_start_with(*target, entry);
    begin(std::move(target), std::move(beginning));
}

void Engine::State::begin(std::shared_ptr<Slot> target, Beginning beginning) {
    auto& place = beginning.stands_in ? target->stand_in : target->attempt;
    if (beginning.stands_in)
        stop_attempt(place, stopping);
    else
        supersede(*target);
    place = target->attempt_of(executor, std::move(beginning));
    if (!place->restored) {
        target->files = place->entry.content.files;
        target->failed.reset();
        target->missing.clear();
        target->waits_for.clear();
        release(*target);
    }
    place->task = tasks.spawn("reload " + target->name, reloader.run(target, place));
}

void Engine::State::supersede(Slot& target) {
    const bool begun = target.attempt && target.attempt->stage != Stage::planned;
    const bool stopped = stop_attempt(target.attempt, stopping);
    if (!stopped || !begun) return;
    const auto pause =
        std::min(storm_pause_first * (1 << std::min(target.overtaken++, 10)), storm_pause_max);
    target.not_before = monotonic_now() + pause;
}

void Engine::State::unload(std::shared_ptr<Slot> target, const std::string& reason) {
    supersede(*target);
    stop_attempt(target->stand_in, stopping);
    target->failed.reset();
    target->failure.reset();
    target->files.clear();
    const auto previous = take_away(*target, reason);
    if (!previous) return;
    events.emit(EventType::plugin_unloaded, {{"plugin", target->name}, {"reason", reason}});
    tasks.spawn("retire " + target->name, reloader.dismiss(target, previous));
}

// One assignment of the route table for all of them.
void Engine::State::publish(std::vector<Transaction::Member>& members) {
    for (auto& member : members) {
        auto& target = *member.slot;
        const auto& next = member.generation;
        member.previous = std::exchange(target.serving, next);
        next->advance(Stage::serving);
        target.cannot_go_back = false;
        // What was wanted serves: nothing has to stand in for it any more.
        if (!member.attempt->stands_in) stop_attempt(target.stand_in, stopping);
        if (member.attempt->stands_in)
            target.stand_in.reset();
        else
            target.forget_failures(*member.attempt, *next);
        target.last_change = std::chrono::system_clock::now();
        tasks.spawn("watch " + target.name, watch_generation(member.slot, next));
        remember(member);
    }
    for (const auto& member : members) {
        if (!member.previous) continue;
        member.previous->advance(Stage::draining);
        member.previous->gate().close();
    }
    retry_pause = retry_pause_first;
    publish_routes();
    watch_dependencies();
    for (const auto& member : members) retry_who_waited_for(member.slot->name);
}

// Nothing serves for this plugin any more. Gives what did.
std::shared_ptr<Generation> Engine::State::take_away(Slot& target, const std::string& why) {
    const auto previous = std::exchange(target.serving, nullptr);
    if (!previous) return nullptr;
    target.last_offers = previous->manifest().offers;
    previous->advance(Stage::draining);
    previous->gate().close();
    publish_routes();
    report_offers_removed(events, *previous);
    history.ended(target.name, previous->number(), why, false);
    return previous;
}

void Engine::State::publish_routes() {
    std::vector<std::shared_ptr<Generation>> serving;
    for (const auto& [name, known_slot] : slots)
        if (known_slot->serving) serving.push_back(known_slot->serving);
    auto shared_kinds = options.shared_kinds;
    shared_kinds.insert("schedule");
    auto next = make_routes({.before = *routes,
                             .serving = std::move(serving),
                             .incumbents_win = !first_batch,
                             .shared_kinds = std::move(shared_kinds)});
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
    scheduler.set(*routes);
    if (options.on_routes) options.on_routes(*routes);
    change.notify_all();
}

// Called by the reloader after it has told why. Where nothing serves, what served well last comes
// back.
void Engine::State::candidate_failed(Slot& target) {
    const bool restored = target.attempt && target.attempt->restored;
    if (target.attempt && !target.attempt->committed) target.attempt.reset();
    if (restored && target.serving) {
        // What was to come back could not: what serves is what is wanted again.
        if (target.held_back == target.serving->content().fingerprint) release(target);
    } else if (restored) {
        target.cannot_go_back = true;
    }
    if (!target.serving && !target.attempt && !stopping && !fall_back(slot(target.name), {}) &&
        restored)
        look({.by_hand = {target.name}});
    retry_what_may_pass(target);
    watch_dependencies();
    change.notify_all();
}

void Engine::State::retry_what_may_pass(const Slot& target) {
    if (!target.passing_failure || stopping || !retrying.done()) return;
    retrying = tasks.spawn("retry", retry_soon(retry_pause));
    retry_pause = std::min(retry_pause * 2, retry_pause_max);
}

Task<void> Engine::State::stop(Millis deadline) {
    const Countdown time(deadline);
    stopping = true;
    for (auto& [name, known_slot] : slots) {
        supersede(*known_slot);
        stop_attempt(known_slot->stand_in, stopping);
        if (const auto generation = take_away(*known_slot, "the program ended"))
            tasks.spawn("retire " + name, reloader.dismiss(known_slot, generation));
    }
    for (const auto& background :
         {watching, reconciling, warming, scheduling, revisiting, retrying, following})
        background.cancel();
    const bool ended = co_await tasks.joined(before_last(time, 3));
    if (!ended) tasks.cancel();
    co_await nursery.stop(before_last(time, 2));
    const bool written = co_await history.finished(before_last(time, 1));
    const bool joined = co_await tasks.joined(std::min(time.left(), last_step_deadline));
    if (!joined || !written)
        events.emit(EventType::internal_error,
                    {{"task", "stop"}, {"reason", "some tasks did not end"}});
}

}  // namespace hotreload
