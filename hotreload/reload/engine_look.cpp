#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "hotreload/reload/engine_state.h"

namespace hotreload {
namespace {

constexpr Millis reconcile_interval{60'000};  // a full look behind the events' back
constexpr std::string_view switches_file = "switched.json";

std::vector<std::string> strings(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::string> texts;
    for (const auto& path : paths) texts.push_back(path.string());
    return texts;
}

std::vector<std::string> base_names(const std::vector<std::filesystem::path>& paths) {
    std::vector<std::string> names;
    for (const auto& path : paths) names.push_back(path.filename().string());
    return names;
}

}  // namespace

Task<void> Engine::State::start() {
    auto toolchain = std::string("no compiler");
    try {
        toolchain = co_await builder.toolchain();
    } catch (const std::runtime_error& error) {
        events.emit(EventType::internal_error, {{"task", "compiler"}, {"reason", error.what()}});
    }
    catalog.set_toolchain(std::move(toolchain));
    const auto warm = co_await nursery.ready();
    if (!warm)
        events.emit(EventType::internal_error, {{"task", "nursery"}, {"reason", warm.error()}});

    reloader.confinement().tell_level();
    watch_again();
    look({}, Micros{0});
    first_look_taken = true;
    events.emit(EventType::hot_reload_started,
                {{"mode", watch_mode},
                 {"roots", strings(catalog.roots())},
                 {"plugins", static_cast<std::int64_t>(slots.size())}});
    change.notify_all();
    watching = tasks.spawn("watch", watch_loop());
    reconciling = tasks.spawn("reconcile", reconcile());
    warming = tasks.spawn("warm_up", builder.warm_up());
}

Task<void> Engine::State::watch_loop() {
    while (!stopping) {
        const auto hint = co_await watcher->next();
        if (hint.overflow) events.emit(EventType::watch_overflow, {{"root", "all"}});
        look({}, std::chrono::duration_cast<Micros>(monotonic_now() - hint.noticed));
        if (!std::exchange(settings_changed, false)) continue;
        watch_again();
        look({}, Micros{0});
    }
}

Task<void> Engine::State::reconcile() {
    for (;;) {
        asio::steady_timer timer(executor, reconcile_interval);
        co_await timer.async_wait(asio::use_awaitable);
        look({}, Micros{0});
    }
}

void Engine::State::watch_again() {
    const auto& settings = catalog.settings();
    const Millis interval(static_cast<std::int64_t>(settings.reload_check_interval * 1000.0));
    std::vector<std::filesystem::path> watched{options.config_file};
    if (settings.hot_reload)
        for (const auto& root : catalog.roots()) watched.push_back(root);
    else
        events.emit(EventType::hot_reload_disabled, {});

    watcher.reset();
    if (settings.watch_mode != WatchMode::poll) {
        auto made =
            make_inotify_watcher(executor, {settings.watch_patterns, settings.ignore_patterns});
        auto problem = made ? std::string() : made.error();
        if (made) {
            const auto set = (*made)->watch(watched);
            if (set)
                watcher = std::move(*made);
            else
                problem = set.error();
        }
        if (!watcher)
            events.emit(EventType::watch_degraded, {{"reason", problem}, {"mode", "poll"}});
    }
    if (!watcher) watcher = make_polling_watcher(executor, interval);
    watch_mode = watcher->mode();
}

void Engine::State::refresh_config() {
    const auto before = catalog.settings();
    const auto change_seen = catalog.refresh_config();
    if (change_seen.error) {
        events.emit(EventType::plugin_config_invalid,
                    {{"file", change_seen.error->file.string()},
                     {"line", static_cast<std::int64_t>(change_seen.error->line)},
                     {"reason", change_seen.error->reason}});
    }
    if (!change_seen.changed) return;
    events.emit(EventType::plugin_config_loaded, {{"file", options.config_file.string()}});
    if (first_look_taken && catalog.settings() != before) settings_changed = true;
}

void Engine::State::look(const std::set<std::string>& forced, Micros noticed) {
    if (stopping) return;
    Stopwatch watch;
    refresh_config();
    if (!catalog.settings().hot_reload && first_look_taken && forced.empty() && !settings_changed)
        return;
    const auto seen = catalog.look(dependencies);
    report_problems(seen);
    for (const auto& [name, entry] : seen.entries) slot(name)->entry = entry;
    retry_what_missed(seen);
    for (auto& [name, known_slot] : slots)
        if (!seen.entries.contains(name)) known_slot->entry.reset();

    const auto actions = plan(plan_input(seen, forced));
    StageTimes times;
    times.noticed = noticed;
    times.fingerprinted = watch.total();
    report_changes(actions, seen);
    for (const auto& action : actions) act(action, seen, times);
    for (const auto& [name, entry] : seen.entries) slot(name)->forget_undone(entry.content);
    std::erase_if(slots, [](const auto& named) {
        const auto& unused = *named.second;
        return !unused.entry && !unused.serving && !unused.attempt && !unused.draining;
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

PlanInput Engine::State::plan_input(const Catalog::Look& seen,
                                    const std::set<std::string>& forced) {
    PlanInput input;
    input.forced = forced;
    for (const auto& [name, known_slot] : slots) input.actual[name] = known_slot->actual();
    for (const auto& [name, entry] : seen.entries) {
        const auto& known_slot = slots.at(name);
        auto fingerprint = entry.content.fingerprint;
        if (entry.config_broken) {
            if (!known_slot->serving) continue;
            fingerprint = known_slot->serving->content().fingerprint;
        }
        input.desired[name] = {
            .fingerprint = fingerprint,
            .enabled = entry.config.enabled,
            .depends_on = entry.config.depends_on,
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
        const auto now =
            entry == seen.entries.end() ? std::vector<FileHash>{} : entry->second.content.files;
        for (const auto& path : changed_paths(files, now)) changed.push_back(path);
        if (action.kind == ActionKind::hold) continue;
        plugins.push_back(action.plugin);
        reasons.push_back(
            fmt::format("{} {}: {}", to_string(action.kind), action.plugin, action.reason));
    }
    if (plugins.empty()) return;
    std::ranges::sort(changed);
    const auto repeated = std::ranges::unique(changed);
    changed.erase(repeated.begin(), repeated.end());
    if (first_look_taken && !changed.empty())
        events.emit(EventType::plugin_files_changed,
                    {{"count", static_cast<std::int64_t>(changed.size())},
                     {"files", base_names(changed)},
                     {"paths", strings(changed)}});
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
    for (const auto& error : seen.config_errors)
        once(error.text(), EventType::plugin_config_invalid,
             {{"file", error.file.string()},
              {"line", static_cast<std::int64_t>(error.line)},
              {"reason", error.reason}});
    for (const auto& [name, entry] : seen.entries)
        if (!entry.config.enabled)
            once("disabled " + name, EventType::plugin_disabled_in_config, {{"plugin", name}});
    reported = std::move(now);
}

void Engine::State::load_switches() {
    std::ifstream file(options.data_dir / switches_file);
    if (!file) return;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    boost::system::error_code error;
    const auto value = json::parse(text, error);
    if (error || !value.is_object()) return;
    for (const auto& member : value.get_object())
        if (member.value().is_bool()) catalog.set_enabled(member.key(), member.value().get_bool());
}

Result<void, std::string> Engine::State::save_switches() {
    json::object switched;
    for (const auto& [name, enabled] : catalog.switched()) switched[name] = enabled;
    std::error_code error;
    std::filesystem::create_directories(options.data_dir, error);
    const auto path = options.data_dir / switches_file;
    const auto temporary = std::filesystem::path(path.string() + ".tmp");
    std::ofstream file(temporary);
    file << json::serialize(switched) << '\n';
    file.close();
    if (file) std::filesystem::rename(temporary, path, error);
    if (!file || error)
        return fmt::format("{}: cannot be written, so the change will not outlive a restart",
                           path.string());
    return {};
}

}  // namespace hotreload
