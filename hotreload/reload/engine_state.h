#pragma once
// The engine's inside: what it holds, and the steps of looking, planning, acting, and answering.

#include <map>
#include <set>

#include "hotreload/base/condition.h"
#include "hotreload/base/task_group.h"
#include "hotreload/reload/calls.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/engine.h"
#include "hotreload/reload/history_thread.h"
#include "hotreload/reload/reloader.h"
#include "hotreload/reload/scheduler.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {

struct Engine::State {
    State(asio::any_io_executor executor, EngineOptions options, EventLog& events);
    BuilderOptions builder_options();
    Reloader::Parts reloader_parts();

    // Noticing (engine_look.cpp; switches by hand: engine_switches.cpp).
    Task<void> start();
    Task<void> watch_loop();
    Task<void> reconcile();
    void revisit_what_vanished();
    Task<void> revisit(MonotonicTime at);
    void watch_again();
    void look(const LookRequest& request = {});
    void files_read();
    Task<void> follow_what_was_read();
    void refresh_config();
    void retry_what_missed(const Catalog::Look& seen);
    void retry_passing_failures();
    Task<void> retry_soon(Millis pause);
    void watch_as_set_now();
    void remember_dependencies();
    void watch_dependencies();
    std::vector<std::filesystem::path> paths_to_watch() const;
    void report_problems(const Catalog::Look& seen);
    PlanInput plan_input(const Catalog::Look& seen, const LookRequest& request);
    bool waits_for_a_word(const std::string& plugin, const LookRequest& request) const;
    void report_changes(const std::vector<Action>& actions, const Catalog::Look& seen);
    void report_taken_back(const Catalog::Look& seen);
    void load_switches();
    Result<void, std::string> save_switches();

    // Acting (engine_act.cpp).
    void act_on(const std::vector<Action>& actions, const Catalog::Look& seen,
                const StageTimes& times);
    void report_held(std::set<std::string> held);
    void bring_up(std::shared_ptr<Slot> slot, const CatalogEntry& entry, const Action& action,
                  Beginning beginning);
    void begin(std::shared_ptr<Slot> slot, Beginning beginning);
    void supersede(Slot& slot);
    void unload(std::shared_ptr<Slot> slot, const std::string& reason);
    void publish(std::vector<Transaction::Member>& members);
    std::shared_ptr<Generation> take_away(Slot& slot, const std::string& why);
    void publish_routes();
    void candidate_failed(Slot& slot);
    void retry_who_waited_for(const std::string& plugin);
    void retry_what_may_pass(const Slot& slot);
    Task<void> stop(Millis deadline);

    // Crashes of what serves (engine_crash.cpp).
    Task<void> watch_generation(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation);
    void restart_or_give_up(std::shared_ptr<Slot> slot, const std::string& how);
    void restart(std::shared_ptr<Slot> slot, std::string reason, bool from_disk);
    Task<void> restart_from_kept(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    void give_up(std::shared_ptr<Slot> slot, const std::string& how);
    void stand_in_failed(Slot& slot, const Attempt& attempt, Failure failure);
    void stand_in_overtaken(Slot& slot, const Attempt& attempt);

    // Going back (engine_history.cpp).
    std::optional<GenerationRecord> record_to_start_with(const Slot& slot,
                                                         const CatalogEntry& entry) const;
    bool fall_back(std::shared_ptr<Slot> slot, const std::string& hold);
    Task<std::optional<GenerationRecord>> kept(std::shared_ptr<Generation> generation);
    void hold_back(Slot& slot, const Fingerprint& content, const std::string& why);
    void release(Slot& slot);
    void remember(const Transaction::Member& member);
    Result<void, std::string> roll_back(const std::string& plugin, std::uint64_t generation);
    Task<std::string> learn_toolchain();

    // Answering (engine.cpp).
    [[nodiscard]] bool busy() const;
    std::shared_ptr<Slot> slot(const std::string& name);
    Result<void, std::string> known(const std::string& plugin) const;

    asio::any_io_executor executor;
    EngineOptions options;
    EventLog& events;
    Catalog catalog;
    KnownDependencies dependencies;
    Builder builder;
    Nursery nursery;
    TaskGroup tasks;
    Condition change;  // anything that somebody may wait for: attempts ended, routes, looks
    Calls calls;
    Reloader reloader;
    Scheduler scheduler;
    HistoryThread history;
    std::unique_ptr<Watcher> watcher;
    std::vector<std::filesystem::path> watched;  // what the watcher was given last
    std::map<std::string, std::shared_ptr<Slot>> slots;
    std::shared_ptr<const Routes> routes = std::make_shared<Routes>();
    std::set<std::string> reported, reported_held;  // problems and who waits: already told
    std::optional<std::string> config_problem;      // the main file cannot be read
    std::vector<std::string> package_problems;      // nor these packages' plugin.yaml
    bool first_look_taken = false, stopping = false;
    bool first_batch = true;        // incumbents are protected from the second batch on
    bool settings_changed = false;  // the watcher must be made anew
    std::string watch_mode;
    TaskGroup::Handle watching, reconciling, warming, scheduling, revisiting, retrying, following;
    Millis retry_pause = retry_pause_first;
};

}  // namespace hotreload
