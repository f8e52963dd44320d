#pragma once
// Which sandbox a plugin's worker gets: from what the worker needs to run at all, what the operator
// grants, and what the kernel offers.

#include <filesystem>
#include <string>
#include <vector>

#include "hotreload/build/builder.h"
#include "hotreload/event/event_log.h"
#include "hotreload/model/failure.h"
#include "hotreload/reload/catalog.h"
#include "hotreload/reload/engine_options.h"
#include "hotreload/reload/shared_entries.h"
#include "hotreload/sandbox/sandbox.h"
#include "hotreload/worker/worker.h"

namespace hotreload {

class Confinement {
public:
    // All three must outlive it.
    Confinement(const EngineOptions& options, const Catalog& catalog, EventLog& events);

    struct Opened {
        std::filesystem::path entry;                // what the worker opens
        std::vector<std::filesystem::path> beside;  // folders of a snapshot that it is part of
    };
    // Puts the worker of this plugin, which opens these, into its sandbox. Gives the level for
    // people: "full (Landlock ABI 7, seccomp); granted: network". A failure where settings.sandbox
    // requires what the kernel does not offer.
    Result<std::string, Failure> confine(const CatalogEntry& plugin, const Opened& opened,
                                         WorkerOptions& worker);
    // What compilers may read when they build this plugin: what its worker may read of plugins'
    // files and by its grants.
    [[nodiscard]] BuildAccess build_access(const CatalogEntry& plugin);
    // Whether a worker of this plugin that started now could read this plugin file.
    [[nodiscard]] bool may_read(const CatalogEntry& plugin, const std::filesystem::path& file);
    // Emits `sandbox_level`, when it is not what was told last.
    void tell_level();

private:
    [[nodiscard]] SandboxPolicy policy(const CatalogEntry& plugin, const Opened& opened);
    void add_sources(const CatalogEntry& plugin, std::vector<std::filesystem::path>& read);
    [[nodiscard]] std::string level() const;

    const EngineOptions& options_;
    const Catalog& catalog_;
    EventLog& events_;
    Sandboxes sandboxes_;
    CommonPaths runtime_;
    SharedEntries shared_;
    std::string told_;
};

// What the plugin says it needs and the operator has not granted.
std::vector<std::string> missing_permissions(const std::vector<std::string>& wanted,
                                             const Grants& grants);
// The line that would grant it, as it stands in plugins.yaml below the plugin's name.
std::string granting_line(const std::vector<std::string>& missing);

}  // namespace hotreload
