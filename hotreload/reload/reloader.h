#pragma once
// The sequence of one reload, readable as such: build, start, load, probe, publish, retire. Until
// the publication nothing that serves is touched; after it nothing can fail.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "hotreload/base/work_thread.h"
#include "hotreload/build/builder.h"
#include "hotreload/event/event_log.h"
#include "hotreload/reload/confinement.h"
#include "hotreload/reload/engine.h"
#include "hotreload/reload/slot.h"
#include "hotreload/worker/nursery.h"
#include "hotreload/worker/temporary_folders.h"

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
        // The only line that changes behaviour: one assignment for all members. Fills in what
        // served before, its gates closed.
        std::function<void(std::vector<Transaction::Member>&)> publish;
        // A candidate is not to be: whatever served goes on.
        std::function<void(Slot&)> failed;
        // What was to stand in for a crashed generation did not come up.
        std::function<void(Slot&, const Attempt&, Failure)> stand_in_failed;
        // Its files were saved anew while it read them.
        std::function<void(Slot&, const Attempt&)> stand_in_overtaken;
        std::function<bool(const std::string& plugin)> known_plugin;
        std::function<std::shared_ptr<const Generation>(const std::string& plugin)> serving;
        std::function<Task<Result<json::value, RpcError>>(std::shared_ptr<Attempt> attempt,
                                                          std::string plugin, std::string method,
                                                          json::object params)>
            host_call;
        std::function<void(const std::string& plugin)> look_again;
        // A generation has read files that it did not read when it was loaded.
        std::function<void()> files_read;
    };
    explicit Reloader(Parts parts);

    Task<void> run(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    // Gate closed → drained → stopped → reaped. Gives the time it took.
    Task<void> dismiss(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation);
    Task<Micros> retire(std::shared_ptr<Slot> slot, std::shared_ptr<Generation> generation);
    // Base names of what the serving generation has read later and would read otherwise now. What
    // has gone counts for a `patient` look only: it may be away for a moment, between two steps of
    // a save.
    std::vector<std::string> outdated(Slot& slot, bool patient);
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
    using Done = Result<void, Failure>;
    using Fallen = std::optional<Transaction::FallenOut>;

    // The candidate (reloader.cpp).
    Task<Done> guarded(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    Task<Done> bring_up_and_publish(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    Task<Outcome> bring_up(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt);
    Task<void> wait_out_storm(std::shared_ptr<Slot> slot);
    Task<Done> build(std::shared_ptr<Attempt> attempt, Candidate& candidate);
    Task<Done> start(std::shared_ptr<Attempt> attempt, Candidate& candidate);
    Task<Done> load(std::shared_ptr<Attempt> attempt, Candidate& candidate);
    Done check_needs(Slot& slot, Attempt& attempt, const Manifest& manifest);
    Done check_permissions(Attempt& attempt, const Manifest& manifest);
    FilesRead follow(std::shared_ptr<Attempt> attempt);
    std::vector<LoadedFile> what_counts(const CatalogEntry& entry, std::vector<LoadedFile> files);
    Result<Fingerprinted, Failure> settle_content(Attempt& attempt, const Candidate& candidate);
    Task<void> let_writers_finish(const Attempt& attempt);
    bool source_moved(const Attempt& attempt);
    void fail(Slot& slot, Attempt& attempt, Failure failure);
    void remember_failed_content(Slot& slot, const Attempt& attempt, const Failure& failure);
    void clear_bytecode(const PluginSource& source);

    // Its publication (publication.cpp).
    Task<Done> join(std::shared_ptr<Slot> slot, std::shared_ptr<Attempt> attempt,
                    std::shared_ptr<Generation> generation);
    Task<void> publish_all(std::shared_ptr<Transaction> transaction);
    Fallen check_versions(const Transaction& transaction) const;

    // What its members keep from then on (takeover.cpp).
    struct Takeover;
    Task<Fallen> prepare(std::shared_ptr<Transaction> transaction, Takeover& takeover);
    Task<Result<bool, Failure>> takes_over(Transaction::Member member);
    Task<Done> take_state(Transaction::Member member, Takeover& takeover);
    Task<Done> change_state(Transaction::Member member, PluginState kept, Takeover& takeover);
    Task<Fallen> keep(std::shared_ptr<Transaction> transaction, Takeover& takeover);
    void report_migrations(const Takeover& takeover);

    Parts parts_;
    Confinement confinement_;
    TemporaryFolders temporary_folders_;
    std::unique_ptr<WorkThread>
        copying_;  // of prebuilt files, which may be large; made when needed
};

}  // namespace hotreload
