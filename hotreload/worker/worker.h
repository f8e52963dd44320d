#pragma once
// One generation's process, from start to reaped: spawned or forked from the nursery, spoken to
// over fd 3.

#include <sys/types.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "hotreload/base/asio.h"
#include "hotreload/base/clock.h"
#include "hotreload/base/process.h"
#include "hotreload/base/result.h"
#include "hotreload/event/event_log.h"
#include "hotreload/model/failure.h"
#include "hotreload/model/limits.h"
#include "hotreload/model/plugin.h"
#include "hotreload/rpc/peer.h"

namespace hotreload {

class Nursery;
class Sandbox;

struct WorkerIdentity {
    std::string plugin;
    std::uint64_t generation = 0;
    Language language = Language::cpp;
};

// What a worker asks of the host: store.*, state.*, … The engine adds nothing to it; the embedding
// program answers.
using HostCall =
    std::function<Task<Result<json::value, RpcError>>(std::string method, json::object params)>;

// Told of plugin files that a worker has read since it was loaded.
using FilesRead = std::function<void(std::vector<LoadedFile>)>;

struct WorkerOptions {
    WorkerIdentity identity;
    std::filesystem::path native_worker;  // the program for C++ plugins
    Nursery* nursery = nullptr;           // where Python workers come from; outlives the worker
    std::filesystem::path working_dir;    // the plugin's private data folder
    HostCall host_call;
    FilesRead files_read;                    // not called once the Worker has gone
    std::shared_ptr<const Sandbox> sandbox;  // null: none
    bool refuse_exec = false;  // native: no program may be run once the worker's own runs
    std::shared_ptr<const std::filesystem::path> temporary_dir;  // let go of when it has ended
    Millis exit_report_grace = limits::exit_report_grace;
};

struct LoadRequest {
    std::filesystem::path entry;
    std::string module;
    std::string adapter;
    std::vector<std::filesystem::path> roots;
    json::object config;
    std::filesystem::path data_dir;
};

// Why a worker is the way it is; for `why` and for messages.
struct Diagnosis {
    std::string stderr_tail;
    std::optional<ExitStatus> exit;
    std::string conversation;  // why the socket ended, when it did
};

class Worker {
public:
    static Task<Result<std::unique_ptr<Worker>, Failure>> start(asio::any_io_executor executor,
                                                                EventLog& events,
                                                                WorkerOptions options);
    ~Worker();  // kills the group; reaping is left to the loop

    Task<Result<Manifest, Failure>> load(LoadRequest request);
    // All that is kept, from one state_version to another. After probe, right before the
    // publication.
    Task<Result<json::object, Failure>> migrate(std::int64_t from, std::int64_t to,
                                                json::object state);
    Task<Result<void, Failure>> probe();
    // One event. Calls are made one at a time, in order; the deadline counts from the call's turn.
    // At the deadline the error is rpc_code::deadline; the caller decides what becomes of the
    // worker.
    Task<Result<json::value, RpcError>> handle(Offer offer, json::object event, Millis deadline);
    // Completes when the process has ended, whoever ended it.
    Task<ExitStatus> exited();
    // The ladder: close socket → TERM → KILL → reaped. Safe to call more than once.
    Task<ExitStatus> stop();

    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] const WorkerIdentity& identity() const;
    // False when the conversation has ended: nothing that is asked now is begun.
    [[nodiscard]] bool talking() const;
    [[nodiscard]] Diagnosis diagnose() const;

private:
    struct State;
    explicit Worker(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace hotreload
