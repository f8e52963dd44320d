#pragma once
// All that the engine holds for one plugin, between and during reloads.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hotreload/base/task_group.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/generation.h"
#include "hotreload/reload/planner.h"
#include "hotreload/reload/requests.h"
#include "hotreload/reload/restart_budget.h"
#include "hotreload/reload/status.h"
#include "hotreload/reload/transaction.h"

namespace hotreload {

// A candidate on its way: what it is made from, how far it is, and whether newer content has
// overtaken it.
struct Attempt {
    CatalogEntry entry;
    std::uint64_t number = 0;
    std::string reason;
    bool restart = false;    // of a generation that crashed, with its own content
    bool stands_in = false;  // see Slot::stand_in
    Stage stage = Stage::planned;
    StageTimes times;
    std::vector<std::string> missing;              // plugins that it needs and that are not there
    std::set<std::string> waits_for;               // failed only because these did
    std::vector<std::string> missing_permissions;  // what it wants and is not granted
    bool superseded = false;
    bool settling = false;   // its state is being kept: newer content comes after its publication
    bool overtaken = false;  // and has come
    bool committed = false;  // published: what remains is retiring the previous generation
    std::vector<LoadedFile> read_later;        // by its worker, since it was loaded
    std::weak_ptr<Generation> generation;      // once it has been brought up
    std::shared_ptr<StateSession> session;     // what it changes of its state before it serves
    std::shared_ptr<Transaction> transaction;  // while it runs
    std::optional<GenerationRecord> restored;  // brought back from the history
    TaskGroup::Handle task;
};

// Takes it from its place, cancelled. False where there is none that can be stopped any more;
// `final`: nothing of it is to be published either.
bool stop_attempt(std::shared_ptr<Attempt>& place, bool final);

struct Slot {
    Slot(std::string plugin, asio::any_io_executor executor)
        : name(std::move(plugin)), publication(std::move(executor)) {}

    std::string name;
    std::uint64_t last_number = 0;
    Turnstile publication;  // one at a time, from the taking over of state to the route table
    std::shared_ptr<Generation> serving;
    std::shared_ptr<Generation> draining;
    std::shared_ptr<Attempt> attempt;
    // Brings back what served, or what served before it, after a crash: beside the attempt, which
    // goes on and replaces it. What serves is dead only while there is one.
    std::shared_ptr<Attempt> stand_in;
    std::shared_ptr<const CatalogEntry> entry;  // as last seen on disk
    std::vector<FileHash> files;                // what the next change is compared with
    std::optional<Fingerprint> failed;
    std::optional<Failure> failure;
    std::vector<std::string> missing;  // why it failed, when that is it: tried again once they are
    std::set<std::string> waits_for;   // the same, when they failed too
    bool passing_failure = false;      // may succeed without a change: tried again by and by
    std::set<std::string> needs;       // other plugins, as its manifest said last
    std::optional<Fingerprint> held_back;
    bool cannot_go_back = false;                // what the history gave did not come up
    std::optional<std::int64_t> state_version;  // of what is kept; read once
    std::vector<Offer> last_offers;             // of what served last
    std::string stderr_tail;
    std::optional<LastCrash> last_crash;
    std::optional<FailedCall> last_failed_call;
    std::string reason;
    std::optional<StageTimes> last_reload;
    SystemTime last_change{};
    RestartBudget budget;
    int overtaken = 0;  // attempts in a row that newer content stopped
    // What workers could not read and a new one should.
    struct Wanted {
        Digest digest;             // of the file, as it then was
        std::uint64_t number = 0;  // the generation that could not
        int workers = 1;           // one after the other
    };
    std::map<std::filesystem::path, Wanted> wanted;
    // What its generations have read while they served. The next one will most likely read the
    // same, and to watch it meanwhile is cheaper than to begin anew.
    std::set<std::filesystem::path> followed;
    MonotonicTime not_before{};  // in a storm of saves the next attempt waits till then

    const std::set<std::filesystem::path>& follow_what_it_read();
    // Forgets the failure of an edit that has been undone: `content` is what serves again.
    void forget_undone(const Fingerprinted& content);
    // `next`, which serves now, is what was wanted.
    void forget_failures(const Attempt& attempt, const Generation& next);
    // Not begun yet.
    std::shared_ptr<Attempt> attempt_of(asio::any_io_executor executor, Beginning beginning);
    // Something is on its way to serving.
    [[nodiscard]] bool busy() const;
    // This content is what was last seen on disk.
    [[nodiscard]] bool on_disk(const Fingerprint& content) const;
    [[nodiscard]] ActualPlugin actual() const;
    [[nodiscard]] PluginStatus status() const;
};

}  // namespace hotreload
