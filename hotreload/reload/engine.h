#pragma once
// The hot-reload engine: watches plugin folders, keeps one serving generation of each plugin, and
// hands events to whoever serves them right now. Knows nothing of what the events mean. One loop
// thread.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hotreload/event/event_log.h"
#include "hotreload/reload/routes.h"
#include "hotreload/reload/status.h"
#include "hotreload/rpc/message.h"

namespace hotreload {

// Who makes a host call, and on whose behalf.
struct Caller {
    std::string plugin;
    std::uint64_t generation = 0;
    bool serving = false;    // holds the lease: the route table names this generation
    std::int64_t scope = 0;  // the note given to Engine::handle for the event at hand
};

struct EngineOptions {
    std::vector<std::filesystem::path> roots;  // plugin folders, first wins; absolute
    std::filesystem::path config_file;         // plugins.yaml
    std::filesystem::path cache_dir;           // builds
    std::filesystem::path data_dir;            // plugins' private folders, by name
    std::filesystem::path native_worker;       // the program for C++ plugins
    std::filesystem::path python = "/usr/bin/python3";
    std::filesystem::path python_sdk;                 // sdk/python
    std::vector<std::filesystem::path> include_dirs;  // the C++ SDK
    std::filesystem::path precompiled_header;         // its header worth precompiling; may be empty
    std::string module_prefix;                        // Python modules are named PREFIX.NAME
    std::string adapter;                              // Python: see docs/protocol.md
    std::vector<std::string> preload;                 // Python modules every worker needs

    // Answers what workers ask for (store.*, …). Optional.
    std::function<Task<Result<json::value, RpcError>>(Caller caller, std::string method,
                                                      json::object params)>
        host_call;
    // Called after each publication, within it: must not throw.
    std::function<void(const Routes&)> on_routes;
};

struct HandleRequest {
    Offer offer;  // kind and name
    json::object event;
    Millis deadline{30'000};
    std::int64_t scope = 0;
};

class Engine {
public:
    // Throws std::runtime_error with one clear line when the configuration cannot be read.
    Engine(asio::any_io_executor executor, EngineOptions options, EventLog& events);
    ~Engine();

    // Takes the first look and begins to watch; reloads go on in the background until stop().
    Task<void> start();
    // Completes when every plugin found at the first look serves or has failed (true), or at the
    // deadline (false).
    Task<bool> settled(Millis deadline);
    // Retires every generation and ends all processes. Must complete before the engine is
    // destroyed.
    Task<void> stop();

    Task<Result<json::value, RpcError>> handle(HandleRequest request);
    [[nodiscard]] std::shared_ptr<const Routes> routes() const;
    [[nodiscard]] std::vector<PluginStatus> status() const;  // sorted by name

    // An operator's words. The error says why not ("no plugin is called 'x'; there are: a, b").
    Result<void, std::string> reload(const std::string& plugin);
    Result<void, std::string> set_enabled(const std::string& plugin, bool enabled);
    // Looks again at everything now.
    void look_again();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
