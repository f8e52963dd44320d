#pragma once
// What the disk wants right now: configuration, discovered plugins, and the fingerprint of each.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "hotreload/base/clock.h"
#include "hotreload/model/limits.h"
#include "hotreload/reload/catalog_entry.h"
#include "hotreload/source/discovery.h"

namespace hotreload {

struct CatalogOptions {
    std::vector<std::filesystem::path> roots;
    std::filesystem::path config_file;
    std::string toolchain;  // of C++ plugins
    Millis vanish_grace = limits::vanish_grace;
};

class Catalog {
public:
    explicit Catalog(CatalogOptions options);

    // Reads plugins.yaml again if its content changed. A broken file is reported once and leaves
    // the old one in force.
    struct ConfigChange {
        bool changed = false;
        std::optional<ConfigError> error;
    };
    ConfigChange refresh_config();

    struct Look {
        // Enabled and disabled ones; never changed, only replaced.
        std::map<std::string, std::shared_ptr<const CatalogEntry>> entries;
        std::vector<DiscoveryProblem> problems;
        std::vector<ConfigError> config_errors;         // of packages
        std::vector<std::filesystem::path> unreadable;  // see Discovery
        std::vector<std::string> taken_back;  // plugins whose switch the files have overruled
    };
    // Everything. The reference is good until the next look.
    const Look& look(const KnownDependencies& dependencies);
    [[nodiscard]] const Look& last() const { return last_; }
    // Only what these files can have changed, where that is enough: all of them are known files of
    // plugins, and are still there. Else everything.
    const Look& look_at(const std::vector<std::filesystem::path>& files,
                        const KnownDependencies& dependencies);

    // The same plugin's content as it is at this moment, with these dependencies.
    Fingerprinted content_now(const CatalogEntry& entry,
                              const std::vector<std::filesystem::path>& dependencies);

    // Of a file's content now; nullopt when it cannot be read.
    std::optional<Digest> digest_of(const std::filesystem::path& file) { return cache_.hash(file); }

    // What those of these files held that were read lately.
    [[nodiscard]] Contents contents_of(const std::vector<FileHash>& files) const {
        return cache_.contents().of(files);
    }

    // Something has happened to these files: they are read again, whatever their times say. What is
    // away has gone anew, and its time begins again: else a busy machine that looks in two of an
    // editor's gaps would take them for one.
    void noticed(const std::vector<std::filesystem::path>& files);
    // How far what was read before is trusted (source/stat_cache.h).
    void trust_nothing_of(const std::string& plugin);
    void trust_nothing() { cache_.forget_all(); }
    void trust_only_written_back(bool only) { cache_.trust_only_written_back(only); }
    // When to look again, because what has gone is not believed to be gone yet.
    [[nodiscard]] std::optional<MonotonicTime> look_again_at() const;

    void set_toolchain(std::string toolchain);
    // Switched on or off by the operator: the later word wins, this one or an edit of the files.
    void set_enabled(const std::string& plugin, bool enabled);
    void restore_switches(std::map<std::string, Switch> switches) {
        switched_ = std::move(switches);
    }
    [[nodiscard]] const std::map<std::string, Switch>& switched() const { return switched_; }
    [[nodiscard]] const ReloadSettings& settings() const { return config_.settings; }
    [[nodiscard]] std::vector<std::filesystem::path> roots() const;  // with additional_dirs
    // All plugins that the last look found.
    [[nodiscard]] const std::vector<PluginSource>& sources() const { return sources_; }
    [[nodiscard]] std::uint64_t looks() const { return looks_; }  // at everything, so far
    [[nodiscard]] const CatalogOptions& options() const { return options_; }

private:
    void configure(CatalogEntry& entry, std::vector<ConfigError>& errors);
    void hold_what_vanished(Look& look);
    void compare_switches(Look& look);
    void index_users(const Look& look);
    void add_users(const std::string& name, const CatalogEntry& entry);
    [[nodiscard]] const std::set<std::string>& users_of(const std::filesystem::path& file) const;
    bool still_believed(const std::string& what, bool there);
    [[nodiscard]] bool only_contents(const std::vector<std::filesystem::path>& files) const;

    CatalogOptions options_;
    StatCache cache_;
    Look last_;
    std::uint64_t looks_ = 0;
    // What the fingerprints of `last_` were made with, and whose content each file is.
    KnownDependencies last_dependencies_;
    std::unordered_map<std::string, std::set<std::string>> users_;  // by path
    bool settings_changed_ = true;  // since the last look at everything
    PluginsConfig config_;
    std::vector<PluginSource> sources_;
    std::optional<Digest> config_digest_;
    bool config_read_ = false;
    bool config_there_ = false;
    std::map<std::string, MonotonicTime> gone_since_;  // plugins, and the main config as ""
    std::map<std::string, Switch> switched_;
};

}  // namespace hotreload
