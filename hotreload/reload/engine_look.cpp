#include <algorithm>
#include <set>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "hotreload/model/requirement.h"
#include "hotreload/reload/engine_state.h"

namespace hotreload {
namespace {

constexpr Millis reconcile_interval{60'000};   // a full look behind the events' back
constexpr std::size_t files_told_max = 1'000;  // by name, of the files of one change

std::vector<std::string> strings(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::string> texts;
    for (const auto& path : paths) texts.push_back(path.string());
    return texts;
}

// By configuration and, as far as it has been loaded, by its own word.
std::set<std::string> needs_of(const CatalogEntry& entry, const Slot& slot) {
    auto needs = slot.needs;
    for (const auto& text : entry.config.depends_on)
        if (const auto need = Requirement::parse(text)) needs.insert(need->plugin);
    return needs;
}

std::vector<std::string> base_names(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::string> names;
    for (const auto& path : paths) names.push_back(path.filename().string());
    return names;
}

}  // namespace

Task<void> Engine::State::start() {
    auto toolchain = co_await learn_toolchain();
    catalog.set_toolchain(std::move(toolchain));
    remember_dependencies();
    const auto warm = co_await nursery.ready();
    if (!warm)
        events.emit(EventType::internal_error, {{"task", "nursery"}, {"reason", warm.error()}});

    reloader.confinement().tell_level();
    watch_again();
    look();
    first_look_taken = true;
    events.emit(EventType::hot_reload_started,
                {{"mode", watch_mode},
                 {"roots", strings(catalog.roots())},
                 {"plugins", static_cast<std::int64_t>(slots.size())}});
    change.notify_all();
    watching = tasks.spawn("watch", watch_loop());
    reconciling = tasks.spawn("reconcile", reconcile());
    warming = tasks.spawn("warm_up", builder.warm_up());
    scheduling = tasks.spawn("schedules", scheduler.run());
}

Task<void> Engine::State::watch_loop() {
    while (!stopping) {
        const auto hint = co_await watcher->next();
        if (hint.overflow) events.emit(EventType::watch_overflow, {{"root", "all"}});
        LookRequest request;
        request.noticed = std::chrono::duration_cast<Micros>(monotonic_now() - hint.noticed);
        if (!hint.overflow) request.files = hint.paths;
        const Stopwatch looking;
        look(request);
        if (std::exchange(settings_changed, false)) {
            watch_again();
            look();
        }
        // While thousands of files are being written there is always another hint: between two
        // looks others have the loop for as long as the look had it.
        asio::steady_timer others(executor, looking.total());
        co_await others.async_wait(asio::use_awaitable);
    }
}

// Settings that were found changed by a look that no hint had asked for.
void Engine::State::watch_as_set_now() {
    if (!std::exchange(settings_changed, false) || stopping) return;
    watching.cancel();
    watch_again();
    watching = tasks.spawn("watch", watch_loop());
}

Task<void> Engine::State::retry_soon(Millis pause) {
    asio::steady_timer timer(executor, pause);
    co_await timer.async_wait(asio::use_awaitable);
    retrying = {};
    retry_passing_failures();
}

Task<void> Engine::State::reconcile() {
    for (;;) {
        asio::steady_timer timer(executor, reconcile_interval);
        co_await timer.async_wait(asio::use_awaitable);
        catalog.trust_only_written_back(true);
        look({.patient = true});
        catalog.trust_only_written_back(false);
        watch_as_set_now();
    }
}

// Several generations, or one with many files, are one look.
void Engine::State::files_read() {
    if (!stopping && following.done())
        following = tasks.spawn("follow what was read", follow_what_was_read());
}

// In its own turn: a look may end the worker that has just spoken.
Task<void> Engine::State::follow_what_was_read() {
    co_await asio::post(executor, asio::use_awaitable);
    following = {};
    const auto looks_before = catalog.looks();
    watch_dependencies();
    if (catalog.looks() == looks_before) look();
}

void Engine::State::revisit_what_vanished() {
    const auto again = catalog.look_again_at();
    if (again && revisiting.done())
        revisiting = tasks.spawn("look at what has gone", revisit(*again));
}

Task<void> Engine::State::revisit(MonotonicTime at) {
    asio::steady_timer timer(executor, at);
    co_await timer.async_wait(asio::use_awaitable);
    revisiting = {};
    look();
}

void Engine::State::watch_again() {
    const auto& settings = catalog.settings();
    const Millis interval(static_cast<std::int64_t>(settings.reload_check_interval * 1000.0));
    watched = paths_to_watch();
    if (!settings.hot_reload) events.emit(EventType::hot_reload_disabled, {});

    const auto told = [this](const std::string& reason) {
        events.emit(EventType::watch_degraded, {{"reason", reason}, {"mode", watcher->mode()}});
    };
    watcher = make_watcher(executor, {.filter = {settings.watch_patterns, settings.ignore_patterns},
                                      .mode = settings.watch_mode,
                                      .poll_interval = interval,
                                      .on_degraded = told,
                                      .add_watch = {},
                                      .without_events = {}});
    watcher->watch(watched);
    watch_mode = watcher->mode();
}

std::vector<std::filesystem::path> Engine::State::paths_to_watch() const {
    std::vector<std::filesystem::path> paths{options.config_file};
    if (!catalog.settings().hot_reload) return paths;
    for (const auto& root : catalog.roots()) paths.push_back(root);
    std::set<std::filesystem::path> beyond;
    for (const auto& [plugin, files] : dependencies) beyond.insert(files.begin(), files.end());
    for (const auto& [name, known_slot] : slots) {
        const auto& followed = known_slot->follow_what_it_read();
        beyond.insert(followed.begin(), followed.end());
    }
    paths.insert(paths.end(), beyond.begin(), beyond.end());
    return paths;
}

// What plugins turned out to depend on is watched, too, wherever it lies and whatever its name.
void Engine::State::watch_dependencies() {
    auto paths = paths_to_watch();
    if (!watcher || paths == watched) return;
    watcher->watch(paths);
    watched = std::move(paths);
    watch_mode = watcher->mode();
    // What was saved between its reading and this moment was seen by nobody.
    look();
}

// Dependencies found before the last restart.
void Engine::State::remember_dependencies() {
    for (const auto& plugin : history.plugins()) {
        if (plugin.records.empty()) continue;
        auto& files = dependencies[plugin.plugin];
        for (const auto& file : plugin.records.front().files) files.push_back(file.path);
    }
}

// What may succeed without a change of content (a deadline, a process that could not be started) is
// tried again now and then.
void Engine::State::retry_passing_failures() {
    LookRequest request;
    for (auto& [name, failed] : slots) {
        if (!std::exchange(failed->passing_failure, false)) continue;
        failed->failed.reset();
        request.by_hand.insert(name);
    }
    if (!request.by_hand.empty()) look(request);
}

// Who failed for want of a plugin that serves now is tried again.
void Engine::State::retry_who_waited_for(const std::string& plugin) {
    LookRequest request;
    for (auto& [name, waiting] : slots) {
        if (!waiting->waits_for.erase(plugin)) continue;
        waiting->failed.reset();
        request.by_hand.insert(name);
    }
    if (!request.by_hand.empty()) look(request);
}

void Engine::State::refresh_config() {
    const auto before = catalog.settings();
    const auto change_seen = catalog.refresh_config();
    if (change_seen.error) {
        config_problem = change_seen.error->text();
        events.emit(EventType::plugin_config_invalid,
                    {{"file", change_seen.error->file.string()},
                     {"line", static_cast<std::int64_t>(change_seen.error->line)},
                     {"reason", change_seen.error->reason}});
    }
    if (!change_seen.changed) return;
    config_problem.reset();
    events.emit(EventType::plugin_config_loaded, {{"file", options.config_file.string()}});
    if (first_look_taken && catalog.settings() != before) settings_changed = true;
}

void Engine::State::look(const LookRequest& request) {
    if (stopping) return;
    Stopwatch watch;
    catalog.noticed(request.files);
    refresh_config();
    revisit_what_vanished();
    const bool asked = !request.forced.empty() || !request.by_hand.empty();
    if (!catalog.settings().hot_reload && first_look_taken && !asked) return;
    const auto& seen = first_look_taken ? catalog.look_at(request.files, dependencies)
                                        : catalog.look(dependencies);
    report_problems(seen);
    report_taken_back(seen);
    for (const auto& [name, entry] : seen.entries) slot(name)->entry = entry;
    retry_what_missed(seen);
    for (auto& [name, known_slot] : slots)
        if (!seen.entries.contains(name)) known_slot->entry.reset();

    const auto actions = plan(plan_input(seen, request));
    StageTimes times;
    times.noticed = request.noticed;
    times.fingerprinted = watch.total();
    report_changes(actions, seen);
    act_on(actions, seen, times);
    for (const auto& [name, entry] : seen.entries) slot(name)->forget_undone(entry->content);
    revisit_what_vanished();
    std::erase_if(slots, [](const auto& named) {
        const auto& unused = *named.second;
        return !unused.entry && !unused.serving && !unused.attempt && !unused.stand_in &&
               !unused.draining;
    });
    change.notify_all();
}

// What failed for want of other plugins is tried again once all of them are there.
void Engine::State::retry_what_missed(const Catalog::Look& seen) {
    const auto there = [&](const std::string& name) { return seen.entries.contains(name); };
    for (auto& [name, waiting] : slots) {
        if (waiting->missing.empty() || !std::ranges::all_of(waiting->missing, there)) continue;
        waiting->missing.clear();
        waiting->failed.reset();
    }
}

// While hot reload is switched off only what somebody asks for changes.
bool Engine::State::waits_for_a_word(const std::string& plugin, const LookRequest& request) const {
    return !catalog.settings().hot_reload && first_look_taken && !request.forced.contains(plugin) &&
           !request.by_hand.contains(plugin);
}

PlanInput Engine::State::plan_input(const Catalog::Look& seen, const LookRequest& request) {
    PlanInput input;
    input.forced = request.forced;
    for (const auto& [name, known_slot] : slots)
        if (seen.entries.contains(name) || !waits_for_a_word(name, request))
            input.actual[name] = known_slot->actual();
    for (const auto& [name, shared] : seen.entries) {
        const auto& entry = *shared;
        const auto& known_slot = slots.at(name);
        if (!waits_for_a_word(name, request))
            input.actual[name].outdated = reloader.outdated(*known_slot, request.patient);
        auto fingerprint = entry.content.fingerprint;
        if (entry.vanishing || entry.config_broken || waits_for_a_word(name, request)) {
            const auto& as_it_is = input.actual[name];
            if (!as_it_is.serving && !as_it_is.attempted) continue;
            fingerprint = as_it_is.attempted.value_or(as_it_is.serving.value_or(fingerprint));
        }
        input.desired[name] = {
            .fingerprint = fingerprint,
            .enabled = entry.config.enabled,
            .disabled_by = entry.switch_text(),
            .needs = needs_of(entry, *known_slot),
            .changed_files = base_names(changed_paths(known_slot->files, entry.content.files))};
    }
    return input;
}

void Engine::State::report_changes(const std::vector<Action>& actions, const Catalog::Look& seen) {
    std::vector<std::filesystem::path> changed;
    std::vector<std::string> plugins, reasons;
    for (const auto& action : actions) {
        const auto entry = seen.entries.find(action.plugin);
        const auto& files = slots.at(action.plugin)->files;
        const auto now = entry == seen.entries.end()
                             ? changed_paths(files, {})
                             : changed_paths(files, entry->second->content.files);
        changed.insert(changed.end(), now.begin(), now.end());
        if (action.kind == ActionKind::hold) continue;
        plugins.push_back(action.plugin);
        reasons.push_back(
            fmt::format("{} {}: {}", to_string(action.kind), action.plugin, action.reason));
    }
    if (plugins.empty()) return;
    changed = not_among({}, std::move(changed));
    const auto count = static_cast<std::int64_t>(changed.size());
    if (changed.size() > files_told_max) changed.resize(files_told_max);
    if (first_look_taken && count > 0)
        events.emit(
            EventType::plugin_files_changed,
            {{"count", count}, {"files", base_names(changed)}, {"paths", strings(changed)}});
    events.emit(EventType::reloading_plugins, {{"plugins", plugins}, {"reasons", reasons}});
}

// Each problem is told once, and again when it has been away in between.
void Engine::State::report_problems(const Catalog::Look& seen) {
    std::set<std::string> now;
    const auto once = [&](const std::string& key, EventType type, Fields fields) {
        now.insert(key);
        if (!reported.contains(key)) events.emit(type, std::move(fields));
    };
    for (const auto& problem : seen.problems)
        once(problem.path.string() + problem.reason, EventType::plugin_conflict,
             {{"plugin", problem.plugin},
              {"path", problem.path.string()},
              {"reason", problem.reason}});
    package_problems.clear();
    for (const auto& error : seen.config_errors) {
        package_problems.push_back(error.text());
        once(error.text(), EventType::plugin_config_invalid,
             {{"file", error.file.string()},
              {"line", static_cast<std::int64_t>(error.line)},
              {"reason", error.reason}});
    }
    for (const auto& [name, entry] : seen.entries)
        if (!entry->config.enabled)
            once("disabled " + name, EventType::plugin_disabled_in_config,
                 {{"plugin", name}, {"reason", entry->switch_text()}});
    reported = std::move(now);
}

}  // namespace hotreload
