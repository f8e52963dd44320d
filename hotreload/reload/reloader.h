#pragma once
// The sequence of one reload, readable as such: build, start, load, probe, publish, retire. Until
// the publication nothing that serves is touched; after it nothing can fail.

#include <functional>
#include <memory>

#include "hotreload/build/builder.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/confinement.h"
#include "hotreload/reload/engine.h"
#include "hotreload/reload/slot.h"
#include "hotreload/worker/nursery.h"

namespace hotreload {

class Reloader {
public:
    struct Parts {
        asio::any_io_executor executor;
        const EngineOptions& options;
        EventLog& events;
        Builder& builder;
        Nursery& nursery;
        Catalog& catalog;
        KnownDependencies& dependencies;
        // The only line that changes behaviour. Returns the generation that served before, its gate
        // closed.
        std::function<std::shared_ptr<Generation>(Slot&, std::shared_ptr<Generation>)> publish;
        // A candidate is not to be: whatever served goes on.
        std::function<void(Slot&)> failed;
        std::function<bool(const std::string& plugin)> known_plugin;
        std::function<void()> look_again;
    };
    explicit Reloader(Parts parts);

    Task<void> run(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    // Gate closed → drained → stopped → reaped. Gives the time it took.
    Task<void> dismiss(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation);
    Task<Micros> retire(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation);
    Confinement& confinement() { return confinement_; }

private:
    struct Candidate {
        std::filesystem::path entry;  // what the worker opens
        std::vector<std::filesystem::path> dependencies;
        std::unique_ptr<Worker> worker;
        Manifest manifest;
        std::string sandbox;  // its level, for people
    };
    using Outcome = Result<std::shared_ptr<Generation>, Failure>;

    Task<Outcome> bring_up(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    Task<Result<void, Failure>> build(std::shared_ptr<Attempt> attempt, Candidate& candidate);
    Task<Result<void, Failure>> start(std::shared_ptr<Attempt> attempt, Candidate& candidate);
    Task<Result<void, Failure>> load(std::shared_ptr<Attempt> attempt, Candidate& candidate);
    Result<void, Failure> check_needs(Attempt& attempt, const Manifest& manifest);
    Result<void, Failure> check_permissions(Attempt& attempt, const Manifest& manifest);
    Result<Fingerprinted, Failure> settle_content(Attempt& attempt, const Candidate& candidate);
    Task<Outcome> guarded(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    bool changed_meanwhile(Attempt& attempt);
    void fail(Slot& slot, Attempt& attempt, Failure failure);
    void remember_failed_content(Slot& slot, const Attempt& attempt, const Failure& failure);
    void clear_bytecode(const PluginSource& source);
    Task<Result<json::value, RpcError>> host_call(std::shared_ptr<Attempt> attempt,
                                                  std::string plugin, std::string method,
                                                  json::object params);

    Parts parts_;
    Confinement confinement_;
};

}  // namespace hotreload
