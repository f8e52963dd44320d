#pragma once
// The hot-reload engine: watches plugin folders, keeps one serving generation of each plugin, and
// hands events to whoever serves them right now. Knows nothing of what the events mean. One loop
// thread.

#include <memory>
#include <string>
#include <vector>

#include "hotreload/event/event_log.h"
#include "hotreload/history/history.h"
#include "hotreload/reload/engine_options.h"
#include "hotreload/reload/routes.h"
#include "hotreload/reload/status.h"

namespace hotreload {

inline constexpr Millis engine_stop_deadline{10'000};

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
    // Retires every generation and ends all processes; what has not ended at the deadline is
    // killed. Must complete before the engine is destroyed.
    // Takes no longer than that, whatever hangs.
    Task<void> stop(Millis deadline = engine_stop_deadline);

    Task<Result<json::value, RpcError>> handle(HandleRequest request);
    [[nodiscard]] std::shared_ptr<const Routes> routes() const;
    [[nodiscard]] std::vector<PluginStatus> status() const;  // sorted by name
    // The error says why there is none of that name, or which there are.
    [[nodiscard]] Result<void, std::string> known(const std::string& plugin) const;
    // What of the configuration files cannot be read at present ("FILE:LINE: reason"); what they
    // said before stays in force.
    [[nodiscard]] std::vector<std::string> config_problems() const;

    // An operator's words. The error says why not ("no plugin is called 'x'; there are: a, b").
    Result<void, std::string> reload(const std::string& plugin);
    Result<void, std::string> set_enabled(const std::string& plugin, bool enabled);
    // Looks again at everything now.
    void look_again();
    // Looks, and completes when all that the look found to do has ended: what was saved before the
    // call is live, or has failed and says why. False at the deadline.
    Task<bool> caught_up(Millis deadline);
    // Back to an earlier generation (0: the one before), without building; it serves until a file
    // of the plugin changes. Completes at once; the reload goes on in the background.
    Result<void, std::string> roll_back(const std::string& plugin, std::uint64_t generation);
    // Newest first; empty for a plugin that never served.
    [[nodiscard]] std::vector<GenerationRecord> history(const std::string& plugin) const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
