#pragma once
// The engine's inside: what it holds, and the steps of looking, planning, acting, and answering.

#include <map>
#include <memory>
#include <set>
#include <string>

#include "hotreload/base/condition.h"
#include "hotreload/base/task_group.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/engine.h"
#include "hotreload/reload/reloader.h"
#include "hotreload/watch/watcher.h"

namespace hotreload {

struct Engine::State {
    State(asio::any_io_executor executor, EngineOptions options, EventLog& events);

    // Noticing (engine_look.cpp).
    Task<void> start();
    Task<void> watch_loop();
    Task<void> reconcile();
    void watch_again();
    void look(const std::set<std::string>& forced, Micros noticed);
    void refresh_config();
    void retry_what_missed(const Catalog::Look& seen);
    void report_problems(const Catalog::Look& seen);
    PlanInput plan_input(const Catalog::Look& seen, const std::set<std::string>& forced);
    void report_changes(const std::vector<Action>& actions, const Catalog::Look& seen);
    void load_switches();
    Result<void, std::string> save_switches();

    // Acting (engine_act.cpp).
    void act(const Action& action, const Catalog::Look& seen, const StageTimes& times);
    void begin(std::shared_ptr<Slot> slot, CatalogEntry entry, Action action, StageTimes times);
    void supersede(Slot& slot);
    void unload(std::shared_ptr<Slot> slot, const std::string& reason);
    std::shared_ptr<Generation> publish(Slot& slot, std::shared_ptr<Generation> next);
    void publish_routes();
    void candidate_failed(Slot& slot);
    Task<void> watch_generation(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation);
    void restart_or_give_up(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation,
                            const std::string& how);
    Task<void> stop();

    // Answering (engine.cpp).
    Task<Result<json::value, RpcError>> handle(HandleRequest request);
    Task<Result<json::value, RpcError>> enter_and_handle(std::shared_ptr<Generation> generation,
                                                         Gate::Pass pass, HandleRequest request);
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
    Reloader reloader;
    std::unique_ptr<Watcher> watcher;
    std::map<std::string, std::shared_ptr<Slot>> slots;
    std::shared_ptr<const Routes> routes = std::make_shared<Routes>();
    Condition change;  // anything that somebody may wait for: attempts ended, routes, looks
    std::set<std::string> reported;    // problems already told
    std::set<std::string> last_names;  // plugins on disk at the last look
    bool first_look_taken = false;
    bool first_batch = true;  // incumbents are protected from the second batch on
    bool stopping = false;
    bool settings_changed = false;  // the watcher must be made anew
    std::string watch_mode;
    TaskGroup::Handle watching;
    TaskGroup::Handle reconciling;
    TaskGroup::Handle warming;
};

}  // namespace hotreload
