#pragma once
// What the embedding program tells the engine: where things lie, and what to ask it for.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/result.h"
#include "hotreload/model/limits.h"
#include "hotreload/reload/routes.h"
#include "hotreload/rpc/message.h"
#include "hotreload/state/state_store.h"

namespace hotreload {

// Who makes a host call, and on whose behalf.
struct Caller {
    std::string plugin;
    std::uint64_t generation = 0;
    bool serving = false;    // holds the lease: the route table names this generation
    std::int64_t scope = 0;  // the note given to Engine::handle for the event at hand
};

// A handler that succeeded: its result, and what it changed of the plugin's state.
struct Handled {
    std::string plugin;
    std::uint64_t generation = 0;
    json::value result;
    StateChanges changes;
};
// Keeps a handler's consequences and its changed state in one transaction, before the next event
// reaches the plugin. The error says why nothing was kept; then the handler counts as failed.
using Commit = std::function<Task<Result<void, StateError>>(Handled handled)>;

// A schedule that is due now, of the generation that serves now.
struct DueSchedule {
    std::string plugin;
    std::string name;
    std::int64_t due = 0;  // the time it was due, Unix seconds
};

struct HandleRequest {
    Offer offer;         // kind and name
    std::string plugin;  // of this one only; empty: of whoever the route table names
    json::object event;
    Millis deadline{30'000};
    std::int64_t scope = 0;
    Commit commit;  // absent: changed state goes to the state store by itself
};

struct EngineOptions {
    std::vector<std::filesystem::path> roots;  // plugin folders, first wins; absolute
    std::filesystem::path config_file;         // plugins.yaml
    std::filesystem::path cache_dir;           // builds
    std::filesystem::path data_dir;            // plugins' private folders, by name
    // Files and folders that no plugin gets although they may lie in a plugin folder: the host's
    // settings, its log, its database. cache_dir and data_dir always are.
    std::vector<std::filesystem::path> unshared;
    std::filesystem::path native_worker;  // the program for C++ plugins
    std::filesystem::path python = "/usr/bin/python3";
    std::filesystem::path python_sdk;                 // sdk/python
    std::vector<std::filesystem::path> include_dirs;  // the C++ SDK
    std::string compiler = "g++";                     // a name to be found in PATH, or a path
    std::filesystem::path precompiled_header;         // its header worth precompiling; may be empty
    std::string module_prefix;                        // Python modules are named PREFIX.NAME
    std::string adapter;                              // Python: see docs/protocol.md
    std::vector<std::string> preload;                 // Python modules every worker needs

    // Kinds of which many plugins may offer the same name ("observer"); the host names the plugin
    // when it asks for one. "schedule" is always one of them.
    std::set<std::string> shared_kinds;

    // Answers what workers ask for (store.*, …). Optional.
    std::function<Task<Result<json::value, RpcError>>(Caller caller, std::string method,
                                                      json::object params)>
        host_call;
    // Where plugins' state is kept; outlives the engine. Without one, state.* is refused.
    StateStore* state = nullptr;
    // The event that a due schedule's plugin gets (offer kind "schedule"); absent: {schedule, due}.
    std::function<Task<json::object>(DueSchedule due)> schedule_event;
    // Keeps what it did; the changes hold the mark that it has fired. Absent: as for `state`.
    std::function<Task<Result<void, StateError>>(DueSchedule due, Handled handled)> schedule_commit;
    // What has gone is believed to be gone when it is still away after this time.
    Millis vanish_grace = limits::vanish_grace;
    Millis exit_report_grace = limits::exit_report_grace;  // see WorkerOptions
    Millis nursery_grace = limits::shutdown_grace;         // see NurseryOptions
    // Called after each publication, within it: must not throw.
    std::function<void(const Routes&)> on_routes;
};

}  // namespace hotreload
